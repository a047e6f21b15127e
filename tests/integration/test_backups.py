"""A backup restored elsewhere is the same house: equal tables, whole chains, readable persons; nothing twice (T25)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import update

from access.actors import OPERATOR
from engine.auditing import replay_all, unaccounted
from engine.backing_up import back_up, restore
from engine.delivering import deliver
from engine.digests import queue_digests
from engine.holding import drop_held, held_messages, preview, release_held, release_hold
from engine.inspecting import identity_of
from engine.sweeping import sweep
from storage import tables
from storage.backups import content_of
from storage.database import Database
from storage.errors import BackupError, NotEmptyError
from tests.house import House, moment
from tests.models.reading import fate, mailed
from tests.servers.postgres import PostgresServer

FIRST = moment("2024-02-15")
SLOT = "coordinator:email"
Move = Callable[[House, Path], House]


@pytest.fixture
def move(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Move]:
    """Restore an archive into a new, empty database of the same kind, and return the house on it."""
    made: list[tuple[Database, PostgresServer | None]] = []

    def restored(house: House, archive: Path) -> House:
        server: PostgresServer | None = None
        url = f"sqlite:///{tmp_path / 'restored.sqlite'}"
        if not house.engine.database.is_sqlite:
            server = request.getfixturevalue("postgres_server")
            url = server.create_database()
        database = Database(url)
        made.append((database, server))
        restore(database, archive, OPERATOR, FIRST + timedelta(hours=2))
        house.mail.sent.clear()
        return replace(house, engine=replace(house.engine, database=database))

    yield restored
    for database, server in made:
        database.close()
        if server is not None:
            server.drop(database.url.render_as_string(hide_password=False))


def lived(house: House) -> list[str]:
    """Let a house live until its first reminders have left."""
    refs = house.open_many(6, "2024-01-31")
    house.pass_time(FIRST)
    return refs


def contents(database: Database, without: str = "") -> dict[str, object]:
    with database.read() as connection:
        return {
            table.name: content_of(connection, table, [column.name for column in table.columns])
            for table in tables.metadata.sorted_tables
            if table.name != without
        }


def test_every_table_comes_back_as_it_was(house: House, tmp_path: Path, move: Move) -> None:
    lived(house)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    there = move(house, tmp_path / "a.zip")
    assert contents(there.engine.database, "setting") == contents(house.engine.database, "setting")


def test_histories_are_whole_and_persons_readable(house: House, tmp_path: Path, move: Move) -> None:
    refs = lived(house)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    there = move(house, tmp_path / "a.zip")
    replayed = replay_all(there.engine, FIRST)
    assert (replayed.cases, list(replayed.divergences)) == (6, [])
    actor = there.actor("coordinator")
    names = [identity_of(there.engine, ref, actor, FIRST).name for ref in refs]
    assert all(name.startswith("Prov Testperson") for name in names)


def test_a_restored_house_does_nothing_until_it_is_released(house: House, tmp_path: Path, move: Move) -> None:
    house.open_many(3, "2024-01-31")
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST - timedelta(days=1))
    there = move(house, tmp_path / "a.zip")
    swept, delivered = sweep(there.engine, FIRST), deliver(there.engine, FIRST)
    assert (swept.on_hold, swept.deadlines, delivered.on_hold, delivered.handled) == (True, 0, True, 0)
    assert queue_digests(there.engine, FIRST) == 0
    assert preview(there.engine, OPERATOR, FIRST).ladders == 3


def test_nothing_is_sent_twice(house: House, tmp_path: Path, move: Move) -> None:
    """The lost house has sent the reminders after its backup, and the new one cannot know that."""
    refs = house.open_many(6, "2024-01-31")
    sweep(house.engine, FIRST)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    deliver(house.engine, FIRST)
    assert len(mailed(house)) == 6
    there = move(house, tmp_path / "a.zip")
    later = FIRST + timedelta(hours=3)
    release_hold(there.engine, OPERATOR, later)
    there.pass_time(later)
    assert queue_digests(there.engine, later) == 0
    assert "coordinator" not in mailed(there)
    assert sum(group.number for group in held_messages(there.engine, OPERATOR)) == 6
    assert drop_held(there.engine, OPERATOR, later) == 6
    assert {fate(there, ref, "r1", SLOT) for ref in refs} == {("suppressed", "dropped")}
    assert unaccounted(there.engine, later) == []


def test_what_is_released_all_the_same_says_that_it_may_be_a_duplicate(
    sqlite_house: House, tmp_path: Path, move: Move
) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        leased = {"state": "sending", "leased_until": FIRST + timedelta(minutes=5)}
        connection.execute(update(tables.outbox).values(**leased))
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    there = move(house, tmp_path / "a.zip")
    release_hold(there.engine, OPERATOR, FIRST)
    there.pass_time(FIRST)
    release_held(there.engine, OPERATOR)
    there.pass_time(FIRST)
    assert [sent.uncertain for sent in there.mail.sent if not sent.key.startswith("alarm")] == [True]


def test_new_cases_can_be_opened_in_a_restored_house(house: House, tmp_path: Path, move: Move) -> None:
    lived(house)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    there = move(house, tmp_path / "a.zip")
    assert len(there.open_many(2, "2024-02-01")) == 2


def test_a_backup_is_for_its_owner_alone_and_names_what_it_holds(house: House, tmp_path: Path) -> None:
    lived(house)
    archive = tmp_path / "a.zip"
    made = back_up(house.engine.database, archive, OPERATOR, FIRST)
    assert archive.stat().st_mode & 0o077 == 0
    with ZipFile(archive) as packed:
        told = json.loads(packed.read("manifest.json"))
    assert (told["revision"], told["tables"]["case"]["rows"]) == (made.revision, 6)


def test_a_backup_never_writes_over_a_file(sqlite_house: House, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(FileExistsError):
        back_up(sqlite_house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    assert (tmp_path / "a.zip").read_text() == "mine"


def test_a_database_with_something_in_it_is_not_overwritten(house: House, tmp_path: Path) -> None:
    lived(house)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    with pytest.raises(NotEmptyError):
        restore(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)


def test_an_archive_that_was_changed_is_refused_and_leaves_nothing(house: House, tmp_path: Path, move: Move) -> None:
    lived(house)
    back_up(house.engine.database, tmp_path / "a.zip", OPERATOR, FIRST)
    with ZipFile(tmp_path / "a.zip") as packed, ZipFile(tmp_path / "b.zip", "w") as changed:
        for name in packed.namelist():
            data = packed.read(name)
            if name == "manifest.json":
                told = json.loads(data)
                told["tables"]["case"]["rows"] += 1
                data = json.dumps(told).encode()
            changed.writestr(name, data)
    with pytest.raises(BackupError, match="content"):
        move(house, tmp_path / "b.zip")
    there = move(house, tmp_path / "a.zip") if house.engine.database.is_sqlite else house
    assert there.count("case") == 6


def test_a_file_that_is_no_backup_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no archive")
    with pytest.raises(BackupError, match="archive"):
        restore(Database(sqlite_url), tmp_path / "a.zip", OPERATOR, FIRST)
