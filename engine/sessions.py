"""Sessions on the server: found by every web process, ended for all of them at once.

A session's name is random and known to its browser alone; here is only its hash. Who entered gets a new name, and so
does who proves again who she is: what was known of the old name opens nothing. A member of staff who is disabled has no
session at her next request.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from engine.parts import Engine
from storage import sessions as kept
from storage.sessions import SessionRow
from workflows.errors import BevakaError

NOTICED = timedelta(seconds=60)  # a request within it writes nothing
HALF = timedelta(minutes=10)  # how long the second factor is awaited
FRESH = timedelta(minutes=10)  # how long a proof is enough for what concerns the account itself


class Stage(StrEnum):
    """How far somebody has come in."""

    CODE = "code"  # the password was right, the second factor is awaited
    FULL = "full"


class Method(StrEnum):
    """How somebody proved who she is."""

    LOCAL = "local"
    OIDC = "oidc"


class SessionGoneError(BevakaError):
    """The session has ended, or was ended, or never was."""

    def __init__(self) -> None:
        super().__init__("the session has ended: sign in again")


class NotProvedError(BevakaError):
    """What is asked for concerns the account itself, and who she is was proved too long ago."""

    def __init__(self) -> None:
        super().__init__("prove again who you are first")


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts unused, and however much it is used (facts/trust.md §3)."""

    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class CameFrom:
    """Where somebody comes from: a network address, of which only a keyed hash is kept, and a browser's family."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is still good. `proved_at` is when who she is was proved last; instants are UTC."""

    staff_id: int
    stage: Stage
    method: Method
    proved_at: datetime
    flashes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def is_fresh(self, now: datetime) -> bool:
        """Say whether who she is was proved just now."""
        return self.stage is Stage.FULL and now - self.proved_at <= FRESH


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as its owner sees it in a list; `key` names it in a form and opens nothing."""

    key: str
    created_at: datetime
    seen_at: datetime
    agent: str
    method: Method
    is_this: bool


def find_session(engine: Engine, name: str, now: datetime, limits: SessionLimits) -> OpenSession | None:
    """Return a session that is still good at an instant (UTC), and keep it so; None when there is none."""
    with engine.database.read() as connection:
        row = kept.find_session(connection, hash_of(name))
    if row is None:
        return None
    if not is_good(row, now, limits):
        end_session(engine, name)
        return None
    if now - row.seen_at > min(NOTICED, limits.idle / 4):
        with engine.database.write() as connection:
            kept.change_session(connection, row.id_hash, seen_at=now)
    flashes = tuple((kind, tuple(lines)) for kind, lines in row.flashes or ())
    return OpenSession(row.staff_id, Stage(row.stage), Method(row.method), row.proved_at, flashes)


def keep_flashes(engine: Engine, name: str, flashes: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Keep what is to be said on the session's next page."""
    with engine.database.write() as connection:
        told = [[kind, list(lines)] for kind, lines in flashes]
        kept.change_session(connection, hash_of(name), flashes=told or None)


def end_session(engine: Engine, name: str) -> None:
    """End a session: sign out."""
    with engine.database.write() as connection:
        kept.end_session(connection, hash_of(name))


def end_other(engine: Engine, staff_id: int, key: str, now: datetime) -> None:
    """End one of somebody's own sessions, named by the key of its line; nothing happens for another's."""
    with engine.database.write() as connection:
        for row in kept.sessions_of(connection, staff_id, now):
            if _key(row.id_hash) == key:
                kept.end_session(connection, row.id_hash)


def end_everywhere(engine: Engine, staff_id: int) -> int:
    """End every session of a member of staff, this one too, and return how many there were."""
    with engine.database.write() as connection:
        return kept.end_sessions_of(connection, staff_id)


def sessions_of(
    engine: Engine, staff_id: int, name: str, now: datetime, limits: SessionLimits
) -> tuple[SessionLine, ...]:
    """Return the sessions of a member of staff that are good at an instant, newest first; `name` is the asking one."""
    with engine.database.read() as connection:
        rows = [row for row in kept.sessions_of(connection, staff_id, now) if is_good(row, now, limits)]
    return tuple(
        SessionLine(
            _key(row.id_hash), row.created_at, row.seen_at, row.agent, Method(row.method), row.id_hash == hash_of(name)
        )
        for row in rows
        if row.stage == Stage.FULL
    )


def begin_session(
    engine: Engine,
    connection: Connection,
    staff_id: int,
    stage: Stage,
    method: Method,
    came_from: CameFrom,
    now: datetime,
    limits: SessionLimits,
) -> str:
    """Begin a session in the caller's transaction and return its name, which is told to its browser alone."""
    name = secrets.token_urlsafe(32)
    kept.put_session(
        connection,
        SessionRow(
            id_hash=hash_of(name),
            staff_id=staff_id,
            stage=stage.value,
            method=method.value,
            created_at=now,
            seen_at=now,
            expires_at=now + (limits.longest if stage is Stage.FULL else HALF),
            proved_at=now,
            tries=0,
            address=engine.secrets.fingerprint("address", came_from.address),
            agent=came_from.agent[:40],
            flashes=None,
        ),
    )
    return name


def renew_session(connection: Connection, row: SessionRow, now: datetime) -> str:
    """Give a session a new name after a new proof, in the caller's transaction. Its end stays where it was."""
    name = secrets.token_urlsafe(32)
    kept.end_session(connection, row.id_hash)
    kept.put_session(connection, replace(row, id_hash=hash_of(name), seen_at=now, proved_at=now, tries=0))
    return name


def is_good(row: SessionRow, now: datetime, limits: SessionLimits) -> bool:
    """Say whether a session is within its limits; settings that became stricter hold for older ones, too."""
    used = now - row.seen_at <= limits.idle
    return used and now < row.expires_at and now - row.created_at <= limits.longest


def hash_of(name: str) -> str:
    """Return what a session is found by."""
    return hashlib.sha256(b"session|" + name.encode()).hexdigest()


def _key(id_hash: str) -> str:
    return hashlib.sha256(b"line|" + id_hash.encode()).hexdigest()[:32]
