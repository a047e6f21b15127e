"""The log of who has read about whom: a line in the transaction that reads, or no reading (DESIGN §1, promise 7)."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from access.actors import Actor
from engine.chain import chained
from engine.errors import UnloggedReadError
from engine.firing import actor_columns
from storage.access_log import hold_a_shard, insert_line
from storage.cases import CaseRow


def log_reading(
    connection: Connection, case: CaseRow, actor: Actor, action: str, now: datetime, reason: str | None = None
) -> None:
    """Write that somebody reads about the person of a case; action, unit, time, user and patient (HSLF-FS 2016:40 4:9).

    Args:
        connection: the transaction that reads.
        case: whose person.
        actor: who reads.
        action: what is done, such as `see_person`.
        now: the instant, UTC.
        reason: why, as one of the house's own words.

    Raises:
        UnloggedReadError: it cannot be written; nothing may be read in this transaction.
        sqlalchemy.exc.DBAPIError: the database is away.
    """
    try:
        tail = hold_a_shard(connection)
        row = {
            "at": now,
            **actor_columns(actor),
            "action": action,
            "person_id": case.person_id,
            "case_id": case.id,
            "unit_id": case.unit_id,
            "reason": reason,
            "shard": tail.shard,
            "number": tail.number + 1,
        }
        insert_line(connection, row | {"hash": chained(tail.hash, row)})
    except DBAPIError as error:
        if error.connection_invalidated:
            raise  # the whole database is away, and that is told as everywhere
        raise UnloggedReadError from None
