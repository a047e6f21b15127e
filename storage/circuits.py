"""Rows of the circuit breaker: which channel pauses because nothing gets through, seen by every postman.

Closed: everything leaves. Open: nothing leaves until `open_until`. Then one message is the probe; what becomes of it
closes the circuit or opens it for longer.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import circuit

FAILURES_THAT_OPEN = 5  # in a row
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
PROBE_PATIENCE = timedelta(seconds=45)  # a try takes 30 at most; for a probe whose postman is never heard of again


class Gate(StrEnum):
    """Whether a channel may be used."""

    CLOSED = "closed"  # freely
    PROBE = "probe"  # by one message
    OPEN = "open"  # not now


class Circuit(NamedTuple):
    """A channel that has failed. Instants are UTC."""

    channel: str
    failures: int
    trips: int
    since: datetime | None
    open_until: datetime | None


_COLUMNS = (circuit.c.channel, circuit.c.failures, circuit.c.trips, circuit.c.since, circuit.c.open_until)


def strained(connection: Connection) -> list[Circuit]:
    """Return the channels that failed last, whether they pause or not."""
    return [Circuit(*row) for row in connection.execute(select(*_COLUMNS).order_by(circuit.c.channel))]


def gate(connection: Connection, channel: str, now: datetime) -> Gate:
    """Say whether a channel may be used now. Where the answer is PROBE the row stays locked until the commit."""
    query = select(circuit.c.open_until).where(circuit.c.channel == channel)
    open_until = connection.execute(query).scalar_one_or_none()
    if open_until is None:
        return Gate.CLOSED
    if open_until > now:
        return Gate.OPEN
    free = query.where(circuit.c.open_until <= now).with_for_update(skip_locked=True)
    return Gate.PROBE if connection.execute(free).first() is not None else Gate.OPEN


def begin_probe(connection: Connection, channel: str, now: datetime) -> None:
    """Keep everybody else away while one message tries; the caller was told PROBE in this transaction."""
    probing = update(circuit).where(circuit.c.channel == channel)
    connection.execute(probing.values(open_until=now + PROBE_PATIENCE))


def count_failure(connection: Connection, channel: str, now: datetime, *, probe: bool = False) -> Circuit:
    """Count a failure of the channel itself. The fifth in a row makes it pause, and so does a probe's, for longer.

    What was under way when it began to pause, and fails too, changes nothing more.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(circuit).values(channel=channel, since=now).on_conflict_do_nothing()
    connection.execute(new)
    mine = circuit.c.channel == channel
    before = Circuit(*connection.execute(select(*_COLUMNS).where(mine).with_for_update()).one())
    after = _failed_once_more(before, now, probe)
    connection.execute(update(circuit).where(mine).values(**after._asdict()))
    return after


def _failed_once_more(before: Circuit, now: datetime, probe: bool) -> Circuit:
    failures = before.failures + 1
    if failures < FAILURES_THAT_OPEN or (before.open_until is not None and not probe):
        return before._replace(failures=failures)
    wait = min(FIRST_WAIT * 2**before.trips, LONGEST_WAIT)
    return before._replace(failures=failures, trips=min(before.trips + 1, 10), open_until=now + wait)


def close(connection: Connection, channel: str) -> None:
    """Forget a channel's failures: something got through."""
    connection.execute(delete(circuit).where(circuit.c.channel == channel))
