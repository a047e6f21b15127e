"""A database to measure on: schema, one unit, one coordinator, and as many open cases as asked for."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert

from access.actors import Actor, Grant
from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from access.sealing import SecretBox
from engine.parts import Engine, stay_asleep
from engine.rulebook import publish
from notifications.channels.email import EmailChannel
from storage import schema, tables
from storage.database import Database
from tests.servers.postgres import libpq_url
from workflows.calendar import calendar_named
from workflows.case import Builtin, Event
from workflows.machine import decide
from workflows.planning import Rules
from workflows.reader import read_definition
from workflows.values import snapshot_to_json

PROGRAMME = Path(__file__).parent / "programme.yaml"
DECIDED, DUE_ON = date(2024, 1, 31), date(2024, 2, 29)
OPENED = datetime(2024, 1, 31, 9, tzinfo=UTC)
ACTOR = Actor.staff(1, [Grant("coordinator", 1)])
KEYRING = new_keyring_json()


def build_engine(url: str, email: EmailChannel | None = None, nudge: Callable[[], None] = stay_asleep) -> Engine:
    """Return an engine on a database, with no channel but `email`."""
    return Engine(
        database=Database(url),
        vault=keyring_from_json(KEYRING),
        secrets=SecretBox.from_keyring(KEYRING),
        public_url="https://bevaka.region.example",
        email=email,
        nudge=nudge,
    )


def prepare(url: str) -> Engine:
    """Bring an empty database to the schema, with the programme, a unit and a coordinator."""
    engine = build_engine(url)
    schema.upgrade(engine.database)
    with engine.database.write() as connection:
        publish(connection, read_definition(PROGRAMME.read_text(encoding="utf-8"), PROGRAMME.name), OPENED)
        connection.execute(insert(tables.unit).values(id=1, code="north", title="Mottagning"))
        connection.execute(insert(tables.staff).values(id=1, email="k@bevaka.example", name="Prov Koordinator"))
        connection.execute(insert(tables.membership).values(staff_id=1, role="coordinator", unit_id=1))
    return engine


def ref_of(number: int) -> str:
    """Return the reference of the case that `fill` gave this number."""
    digits = f"{number:08}"
    return f"BV-{digits[:4]}-{digits[4:]}"


def fill(
    url: str,
    number: int,
    first: int,
    *,
    due_at: datetime,
    later: datetime,
    due: int,
    due_on: date = DUE_ON,
    later_on: Sequence[tuple[date, datetime]] = (),
) -> None:
    """Insert `number` open cases with one deadline each, `due` of them due at `due_at`, the others `later`.

    Straight SQL: the rows are those that opening cases writes, made by the database so that millions take seconds.

    Args:
        url: The database.
        number: How many.
        first: The number of the first case, and of its deadline.
        due_at: When the first `due` have a rung.
        later: When the others have.
        due: How many are due.
        due_on: The day of all deadlines.
        later_on: Days and moments of those that are not due, one after the other, in place of `due_on` and `later`.
    """
    days = later_on or [(due_on, later)]
    with psycopg.connect(libpq_url(url)) as connection:
        _insert_cases(connection, first, first + number - 1)
        connection.execute(
            _DEADLINES,
            {
                "until": first + due,
                "due_on": due_on,
                "due_at": due_at,
                "days": [day for day, _ in days],
                "moments": [moment for _, moment in days],
                "many": len(days),
                "opened": OPENED,
                "first": first,
                "last": first + number - 1,
            },
        )
        connection.execute("SELECT setval('deadline_id_seq', %s)", (first + 5 * number,))
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


_DEADLINES = """
INSERT INTO deadline
  (id, case_id, kind, occurrence, entry_seq, generation, status, due_on, next_rung, next_at, opened_at)
SELECT n, n, 'meeting', 0, 1, 0, 'open',
  CASE WHEN n < %(until)s THEN %(due_on)s ELSE (%(days)s::date[])[n %% %(many)s + 1] END, 0,
  CASE WHEN n < %(until)s THEN %(due_at)s ELSE (%(moments)s::timestamptz[])[n %% %(many)s + 1] END, %(opened)s
FROM generate_series(%(first)s::int, %(last)s::int) n
"""


def _insert_cases(connection: "psycopg.Connection[Any]", first: int, last: int) -> None:
    """Insert a person and an open case for each number from `first` through `last`."""
    connection.execute(
        "INSERT INTO person SELECT 'p' || n, 'i' || n, 'k1', ''::bytea, ''::bytea, ''::bytea"
        " FROM generate_series(%s::int, %s::int) n",
        (first, last),
    )
    connection.execute(
        'INSERT INTO "case" (id, ref, programme, version, person_id, decided_on, unit_id, coordinator_id, state,'
        " seq, entry_seq, snapshot, opened_at, head)"
        " SELECT n, overlay('BV-' || lpad(n::text, 8, '0') placing '-' from 8 for 0), 'bench', '1', 'p' || n, %s,"
        " 1, 1, 'granted', 1, 1, %s::jsonb, %s, ''"
        " FROM generate_series(%s::int, %s::int) n",
        (DECIDED, json.dumps(_opened()), OPENED, first, last),
    )


def _opened() -> dict[str, Any]:
    """Return the snapshot of a case just opened, with consent given."""
    definition = read_definition(PROGRAMME.read_text(encoding="utf-8"), PROGRAMME.name)
    data = {"decision_date": DECIDED, "benefit_from": DECIDED, "benefit_until": date(2026, 1, 31)}
    opened = decide(Rules(definition, calendar_named("SE")), None, Event(Builtin.OPEN, data), OPENED).after
    return snapshot_to_json(replace(opened, data={**opened.data, "consent": True}))


FIRST_REMINDER = datetime(2024, 2, 15, 7, tzinfo=UTC)  # 14 days before 2024-02-29, 08:00 in Stockholm
FAR = datetime(2024, 2, 22, 7, tzinfo=UTC)
NOW = FIRST_REMINDER + timedelta(minutes=5)
