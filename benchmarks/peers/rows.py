"""The rows every peer starts from, and the values every peer writes."""

from datetime import UTC, date, datetime
from pathlib import Path

import psycopg

from tests.servers.postgres import libpq_url

NOW = datetime(2024, 2, 12, 9, tzinfo=UTC)
HELD_ON = date(2024, 2, 12)
MEETING_AT = datetime(2024, 5, 10, 9, tzinfo=UTC)
FOLLOW_UP_ON = date(2024, 5, 12)
REMINDERS = tuple(datetime(2099, month, day, 6, tzinfo=UTC) for month, day in ((4, 26), (5, 3), (5, 10)))
ANSWERS = {"held_on": HELD_ON.isoformat(), "meeting_at": MEETING_AT.isoformat()}
FAR = datetime(2099, 1, 1, 7, tzinfo=UTC)
SLOT = "coordinator:email"
RUNGS = ("r1", "r2", "r3")


class GuardError(Exception):
    """There is no consent."""


def create(url: str) -> None:
    """Make the tables, unless another peer has."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(Path(__file__).with_name("tables.sql").read_text(encoding="utf-8"))


def fill(url: str, first: int, number: int) -> None:
    """Insert granted cases with consent, each with its first deadline."""
    last = first + number - 1
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(
            "INSERT INTO peers.case_file (id, ref, state, seq, consent)"
            " SELECT n, 'B' || n, 'granted', 1, true FROM generate_series(%s::int, %s::int) n",
            (first, last),
        )
        connection.execute(
            "INSERT INTO peers.deadline (case_id, kind, status, due_on, next_at, opened_at)"
            " SELECT n, 'meeting', 'open', '2024-02-29', '2024-02-15 07:00+00', '2024-01-31 09:00+00'"
            " FROM generate_series(%s::int, %s::int) n",
            (first, last),
        )
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE peers.case_file, peers.deadline")
