"""Signing in with a password and a second factor, in two steps, throttled (facts/trust.md T20).

An attempt is noted as failed, and committed, before the password is looked at: many at the same moment cannot be more
than those that are counted. Whoever is unknown, disabled, has no account or gives a wrong password hears the same,
after the same time.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from access import throttling
from access.one_time_codes import accepted_step
from access.passwords import hash_password, is_outdated, is_password
from access.recovery_codes import code_hash
from engine.parts import Engine
from engine.sessions import (
    CameFrom,
    Method,
    SessionGoneError,
    SessionLimits,
    Stage,
    begin_session,
    hash_of,
    is_good,
    renew_session,
)
from storage import accounts, attempts, people
from storage import sessions as kept
from storage.accounts import AccountRow
from storage.attempts import ENTERED, PASSED
from storage.sessions import SessionRow
from workflows.errors import BevakaError

MOST_TRIES = 5  # wrong codes at one session
LONGEST_EMAIL = 254

Check = Callable[[Connection, AccountRow], bool]


class SignInRefusedError(BevakaError):
    """The address or the password is wrong; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("the address or the password is wrong")


class CodeRefusedError(BevakaError):
    """A one-time or recovery code is wrong, or was used before."""

    def __init__(self) -> None:
        super().__init__("the code is wrong, or was used before")


class SignInWaitError(BevakaError):
    """There were too many failures; right or wrong, this attempt was not looked at."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many failed attempts; wait {seconds} seconds")


def check_password(
    engine: Engine, email: str, password: str, came_from: CameFrom, now: datetime, limits: SessionLimits
) -> str:
    """Return the name of a session that awaits the second factor.

    Args:
        engine: the parts.
        email: as typed.
        password: as typed.
        came_from: where from.
        now: a UTC instant.
        limits: of sessions.

    Raises:
        SignInWaitError: too many failures.
        SignInRefusedError: everything else.
    """
    with engine.database.write() as connection:
        member = _member(connection, email)
        found = accounts.account_of(connection, member, lock=True) if member is not None else None
        attempt = _attempt(engine, connection, email, came_from, now)
    if not is_password(found.password_hash if found else None, password) or found is None:
        raise SignInRefusedError
    outdated = is_outdated(found.password_hash)
    anew = hash_password(password) if outdated else found.password_hash
    with engine.database.write() as connection:
        attempts.settle_attempt(connection, attempt, PASSED)
        if outdated:
            accounts.put_password(connection, found.staff_id, anew)
        return begin_session(engine, connection, found.staff_id, Stage.CODE, Method.LOCAL, came_from, now, limits)


def check_code(engine: Engine, name: str, typed: str, came_from: CameFrom, now: datetime, limits: SessionLimits) -> str:
    """Return the name of the session that one is now in, for the one that awaited the second factor.

    Raises:
        SessionGoneError: there is no such session, or there were too many wrong codes.
        SignInWaitError: too many failures.
        CodeRefusedError: the code is wrong or was used before.
    """
    return _complete(engine, name, came_from, now, limits, one_time_check(engine, typed, now))


def check_recovery_code(
    engine: Engine, name: str, typed: str, came_from: CameFrom, now: datetime, limits: SessionLimits
) -> str:
    """Return what `check_code` returns, for a recovery code, which is then used up. Raises the same."""
    hashed = code_hash(typed)
    return _complete(
        engine,
        name,
        came_from,
        now,
        limits,
        lambda connection, found: accounts.take_recovery_code(connection, found.staff_id, hashed),
    )


def prove_again(
    engine: Engine, name: str, typed: str, came_from: CameFrom, now: datetime, limits: SessionLimits
) -> str:
    """Return the new name of a session whose owner gave another one-time code (step-up). Raises as `check_code`."""
    return _complete(engine, name, came_from, now, limits, one_time_check(engine, typed, now), Stage.FULL)


def one_time_check(engine: Engine, typed: str, now: datetime) -> Check:
    """Return the check of a one-time code: right, and not used before, also not at this very moment by another."""

    def is_right(connection: Connection, found: AccountRow) -> bool:
        secret = engine.secrets.open(totp_row(found.staff_id), found.sealed_totp)
        step = accepted_step(secret, typed, now, found.last_step)
        return step is not None and accounts.take_step(connection, found.staff_id, step)

    return is_right


def totp_row(staff_id: int) -> str:
    """Return what the secret of one-time codes is bound to."""
    return f"account|{staff_id}"


def note_entered(engine: Engine, connection: Connection, email: str, came_from: CameFrom, now: datetime) -> None:
    """Note that an account was entered from an address, and sweep away what is old."""
    attempts.note_attempt(connection, *_heaps(engine, email, came_from), now, ENTERED)
    attempts.forget_old(connection, now, now - throttling.TRUSTED)


def _complete(
    engine: Engine,
    name: str,
    came_from: CameFrom,
    now: datetime,
    limits: SessionLimits,
    check: Check,
    stage: Stage = Stage.CODE,
) -> str:
    with engine.database.write() as connection:
        row = _awaiting(connection, name, stage, now, limits)
        found = accounts.account_of(connection, row.staff_id, lock=True)
        if found is None:
            raise SessionGoneError
        email = people.staff_by_id(connection)[row.staff_id].email
        attempt = _attempt(engine, connection, email, came_from, now)
        if check(connection, found):
            attempts.settle_attempt(connection, attempt, ENTERED)
            attempts.forget_old(connection, now, now - throttling.TRUSTED)
            return _let_in(engine, connection, row, came_from, now, limits)
        kept.change_session(connection, row.id_hash, tries=row.tries + 1)
    raise CodeRefusedError


def _awaiting(connection: Connection, name: str, stage: Stage, now: datetime, limits: SessionLimits) -> SessionRow:
    row = kept.find_session(connection, hash_of(name), lock=True)
    if row is None or row.stage != stage or not is_good(row, now, limits) or row.tries >= MOST_TRIES:
        raise SessionGoneError
    return row


def _let_in(
    engine: Engine, connection: Connection, row: SessionRow, came_from: CameFrom, now: datetime, limits: SessionLimits
) -> str:
    if row.stage == Stage.FULL:
        return renew_session(connection, row, now)
    kept.end_session(connection, row.id_hash)
    return begin_session(engine, connection, row.staff_id, Stage.FULL, Method.LOCAL, came_from, now, limits)


def _member(connection: Connection, email: str) -> int | None:
    """Return who works here under an address. What no address can hold is not asked of the database."""
    if len(email) > LONGEST_EMAIL or not (email.isascii() and email.isprintable()):
        return None
    found = people.staff_by_email(connection, email.strip())
    return found.id if found is not None and found.active else None


def _attempt(engine: Engine, connection: Connection, email: str, came_from: CameFrom, now: datetime) -> int:
    """Note an attempt, unless one has to wait.

    Raises:
        SignInWaitError: one has to; nothing is noted.
    """
    account, address = _heaps(engine, email, came_from)
    wait = _wait(connection, account, address, now)
    if wait > throttling.NO_WAIT:
        raise SignInWaitError(math.ceil(wait.total_seconds()))
    return attempts.note_attempt(connection, account, address, now)


def _wait(connection: Connection, account: str, address: str, now: datetime) -> timedelta:
    since, known = now - throttling.REMEMBERED, now - throttling.TRUSTED
    entered = attempts.last_entered(connection, account, address, known)
    if entered is not None:
        mine = attempts.failures_of_pair(connection, account, address, max(since, entered))
        return throttling.wait_after(mine, now, throttling.ACCOUNT)
    strangers = attempts.failures_of_strangers(connection, account, since, known)
    here = attempts.failures_at_address(connection, address, since, known)
    return max(
        throttling.wait_after(strangers, now, throttling.ACCOUNT), throttling.wait_after(here, now, throttling.ADDRESS)
    )


def _heaps(engine: Engine, email: str, came_from: CameFrom) -> tuple[str, str]:
    seal = engine.secrets.fingerprint
    return seal("account", email.strip().lower()), seal("address", came_from.address)
