"""Every reading of a person is logged in its transaction, and refused when it cannot be (facts/trust.md T16)."""

import ast
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from access.keyring import new_keyring_json
from access.signing import Signer
from engine.errors import CaseNotFoundError, UnloggedReadError
from engine.inspecting_persons import identity_of, person_of
from engine.verifying import verify
from storage import tables
from storage.access_log import SHARDS, hold_a_shard
from storage.database import Database
from storage.tables import case
from tests.house import House, moment

DAY = moment("2024-02-05")
READERS, READS = 16, 500
ROOT = Path(__file__).resolve().parents[3]


def logged(house: House) -> Counter[str]:
    with house.engine.database.read() as connection:
        query = select(case.c.ref).join(tables.access_log, tables.access_log.c.case_id == case.c.id)
        return Counter(connection.execute(query).scalars())


def test_a_line_says_who_did_what_when_from_where_and_about_whom(house: House) -> None:
    ref = house.open_case("2024-01-31")
    identity_of(house.engine, ref, house.actor("coordinator"), DAY)
    with house.engine.database.read() as connection:
        row = connection.execute(select(tables.access_log)).one()
        person_id = connection.execute(select(case.c.person_id)).scalar_one()
    assert (row.action, row.unit_id, row.at, row.actor_id, row.person_id) == (
        "see_person",
        house.units["north"],
        DAY,
        house.staff["coordinator"],
        person_id,
    )


def test_what_was_not_shown_is_not_logged(house: House) -> None:
    ref = house.open_case("2024-01-31", unit="south")
    with pytest.raises(CaseNotFoundError):
        identity_of(house.engine, ref, house.actor("coordinator"), DAY)
    assert logged(house) == {}


@pytest.mark.slow
def test_sixteen_readers_log_exactly_what_they_were_shown(house: House) -> None:
    """As many lines as readings, of the same cases, in chains that are whole."""
    refs = house.open_many(40, "2024-01-31")
    actor, reads = house.actor("coordinator"), READS if not house.engine.database.is_sqlite else READS // 5

    def read(reader: int) -> list[str]:
        mine = [refs[(reader * 7 + number) % len(refs)] for number in range(reads)]
        return [ref for ref in mine if person_of(house.engine, ref, actor, DAY).identity.name]

    with ThreadPoolExecutor(READERS) as pool:
        shown = Counter(ref for refs_shown in pool.map(read, range(READERS)) for ref in refs_shown)
    assert shown.total() == READERS * reads
    assert logged(house) == shown
    assert verify(house.engine, Signer.from_keyring(new_keyring_json())).findings == ()


def test_readers_do_not_wait_for_each_others_transactions(postgres_house: House) -> None:
    house = postgres_house
    held = set()
    connections = [house.engine.database.engine.connect() for _ in range(8)]
    for connection in connections:
        held.add(hold_a_shard(connection).shard)
    for connection in connections:
        connection.close()
    assert len(held) == 8
    assert held <= set(range(SHARDS))


def test_a_log_that_may_not_be_written_refuses_the_reading_on_postgresql(postgres_house: House) -> None:
    house = postgres_house
    ref, url = house.open_case("2024-01-31"), house.engine.database.url
    with house.engine.database.write() as connection:
        connection.exec_driver_sql("CREATE ROLE no_log LOGIN PASSWORD 'x'")
        connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO no_log")
        connection.exec_driver_sql("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO no_log")
        connection.exec_driver_sql("REVOKE INSERT ON access_log FROM no_log")
    limited = Database(url.set(username="no_log", password="x").render_as_string(hide_password=False))
    try:
        with pytest.raises(UnloggedReadError):
            identity_of(replace(house.engine, database=limited), ref, house.actor("coordinator"), DAY)
    finally:
        limited.close()
        with house.engine.database.write() as connection:
            connection.exec_driver_sql("DROP OWNED BY no_log")
            connection.exec_driver_sql("DROP ROLE no_log")
    assert logged(house) == {}


def test_a_log_that_raises_refuses_the_reading_on_sqlite(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(UnloggedReadError):
        identity_of(house.engine, ref, house.actor("coordinator"), DAY)
    assert logged(house) == {}


def test_a_log_whose_commit_fails_gives_nothing_out(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE child (parent_id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER spoil AFTER INSERT ON access_log BEGIN INSERT INTO child VALUES (99); END"
        )
    with pytest.raises(Exception, match="FOREIGN KEY"):
        identity_of(house.engine, ref, house.actor("coordinator"), DAY)
    assert logged(house) == {}


# Who may open identities or read their rows. `anonymity` takes one flag and shows it to nobody.
GATES = {"engine/inspecting_persons.py", "engine/anonymity.py"}


def test_nobody_but_the_gate_opens_an_identity() -> None:
    """The same rule as for the database: one place, so that none can be forgotten."""
    found = {
        str(path.relative_to(ROOT))
        for package in ("engine", "web", "tasks", "bevaka", "demo", "reports")
        for path in (ROOT / package).rglob("*.py")
        if opens_identities(path)
    }
    assert found == GATES


def opens_identities(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)} | {
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return bool(names & {"find_person", "SealedIdentity"})
