"""Rows of the access log: who has read about whom. Chained in shards: many readers do not wait for each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from storage.trust_tables import access_log

SHARDS = 32
LOCKS = 42_070  # the first of two numbers of PostgreSQL's advisory locks; the second is the shard's

# The inner LIMIT keeps the planner from trying every lock before it sorts; the outer one stops at the first it gets.
_SHUFFLED = f"SELECT n FROM generate_series(0, {SHARDS - 1}) AS n ORDER BY random() LIMIT {SHARDS}"  # noqa: S608 - constants
_FREE = text(f"SELECT n FROM ({_SHUFFLED}) AS shard WHERE pg_try_advisory_xact_lock({LOCKS}, n) LIMIT 1")  # noqa: S608 - constants
_ANY = text(f"SELECT pg_advisory_xact_lock({LOCKS}, :n)")


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a shard ends: the number and the hash of its last row; (0, "") before the first."""

    shard: int
    number: int
    hash: str


def hold_a_shard(connection: Connection) -> Tail:
    """Return the end of a shard that nobody else writes until the transaction ends: a free one, if there is one."""
    shard = 0  # SQLite has one writer
    if connection.dialect.name == "postgresql":
        free = connection.execute(_FREE).scalar()
        if free is None:
            connection.execute(_ANY, {"n": shard})
        shard = free or 0
    query = select(access_log.c.number, access_log.c.hash).where(access_log.c.shard == shard)
    last = connection.execute(query.order_by(access_log.c.number.desc()).limit(1)).first()
    return Tail(shard, last.number, last.hash) if last else Tail(shard, 0, "")


def insert_line(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a line."""
    connection.execute(insert(access_log).values(**row))


def tails(connection: Connection) -> list[Tail]:
    """Return the end of every shard that has rows."""
    newest = select(access_log.c.shard, func.max(access_log.c.number).label("number"))
    newest_of = newest.where(access_log.c.shard.is_not(None)).group_by(access_log.c.shard).subquery()
    same = (access_log.c.shard == newest_of.c.shard) & (access_log.c.number == newest_of.c.number)
    query = select(access_log.c.shard, access_log.c.number, access_log.c.hash).join(newest_of, same)
    return [Tail(row.shard, row.number, row.hash) for row in connection.execute(query.order_by(access_log.c.shard))]


def chained_lines(connection: Connection) -> Iterator[Row[Any]]:
    """Give every chained line, shard by shard in order."""
    query = select(access_log).where(access_log.c.shard.is_not(None))
    ordered = query.order_by(access_log.c.shard, access_log.c.number).execution_options(yield_per=2000)
    yield from connection.execute(ordered)
