"""Rows of attempts to sign in: how often it failed, from where one entered before. Only keyed hashes, for a month."""

from datetime import datetime

from sqlalchemy import Connection, Delete, Table, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from storage.account_tables import oidc_attempt, session, sign_in_attempt

FAILED, PASSED, ENTERED = "failed", "passed", "entered"
_MOST = 200  # rows swept away at a time


def note_attempt(connection: Connection, account: str, address: str, now: datetime, outcome: str = FAILED) -> int:
    """Note an attempt; it has failed until something else is noted."""
    row = {"at": now, "account": account, "address": address, "outcome": outcome}
    done = connection.execute(insert(sign_in_attempt).values(**row).returning(sign_in_attempt.c.id))
    return int(done.scalar_one())


def settle_attempt(connection: Connection, attempt_id: int, outcome: str) -> None:
    """Note what became of an attempt."""
    connection.execute(update(sign_in_attempt).where(sign_in_attempt.c.id == attempt_id).values(outcome=outcome))


def last_entered(connection: Connection, account: str, address: str, since: datetime) -> datetime | None:
    """Return when an account was last entered from an address; None when it was not since an instant."""
    made = sign_in_attempt.c
    query = select(made.at).where(
        made.account == account, made.address == address, made.outcome == ENTERED, made.at > since
    )
    return connection.execute(query.order_by(made.at.desc()).limit(1)).scalar_one_or_none()


def failures_of_pair(connection: Connection, account: str, address: str, since: datetime) -> list[datetime]:
    """Return when an account's attempts from one address failed."""
    made = sign_in_attempt.c
    return _failed(connection, since, made.account == account, made.address == address)


def failures_of_strangers(connection: Connection, account: str, since: datetime, known: datetime) -> list[datetime]:
    """Return when attempts failed that came from where the account was not entered from since `known`."""
    made = sign_in_attempt.c
    familiar = select(made.address).where(made.account == account, made.outcome == ENTERED, made.at > known)
    return _failed(connection, since, made.account == account, made.address.not_in(familiar))


def failures_at_address(connection: Connection, address: str, since: datetime, known: datetime) -> list[datetime]:
    """Return when attempts from an address failed, but for accounts that were entered from there since `known`."""
    made = sign_in_attempt.c
    at_home = select(made.account).where(made.address == address, made.outcome == ENTERED, made.at > known)
    return _failed(connection, since, made.address == address, made.account.not_in(at_home))


def forget_old(connection: Connection, now: datetime, known: datetime) -> None:
    """Sweep away sessions that ended, attempts from before `known`, and doors to a provider nobody came back by."""
    connection.execute(_oldest(session, session.c.id_hash, session.c.expires_at <= now))
    connection.execute(_oldest(sign_in_attempt, sign_in_attempt.c.id, sign_in_attempt.c.at <= known))
    connection.execute(_oldest(oidc_attempt, oidc_attempt.c.state_hash, oidc_attempt.c.expires_at <= now))


def _failed(connection: Connection, since: datetime, *where: ColumnElement[bool]) -> list[datetime]:
    made = sign_in_attempt.c
    query = select(made.at).where(made.outcome == FAILED, made.at > since, *where)
    return list(connection.execute(query).scalars())


def _oldest(table: Table, key: ColumnElement[object], where: ColumnElement[bool]) -> Delete:
    # What somebody else sweeps at this moment is left to her: nobody waits, and nobody waits in a ring.
    chosen = select(key).where(where).limit(_MOST).with_for_update(skip_locked=True)
    return delete(table).where(key.in_(chosen.scalar_subquery()))
