"""Signing in at an identity provider: the way there and back, and whose of our staff the one is who comes back.

Nobody is made by signing in: she works here already. At first she is found by her address, which the provider must have
verified; from then on by the provider's own name for her, so that an address that was given to somebody else opens
nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from access.oidc import Challenge, Claimed
from engine.parts import Engine
from engine.sessions import CameFrom, Method, SessionLimits, Stage, begin_session, hash_of
from engine.signing_in import note_entered
from storage import people
from storage.account_tables import oidc_attempt, oidc_link
from storage.attempts import forget_old
from storage.people import StaffRow
from workflows.errors import BevakaError

UNDER_WAY = timedelta(minutes=10)
MOST_UNDER_WAY = 5_000  # at once: whoever only sets out must not fill the table


class NotUnderWayError(BevakaError):
    """Nobody set out to the provider in this browser with this state; or she came back already, or too late."""

    def __init__(self) -> None:
        super().__init__("this sign-in was not begun here, or was ended already: begin anew")


class NotStaffError(BevakaError):
    """The provider knows her, but she is none of our staff, or is so under another name."""

    def __init__(self) -> None:
        super().__init__("the one who signed in is none of the staff here")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Somebody at the provider, and where she goes on when she is back."""

    challenge: Challenge
    go_on: str


def set_out(engine: Engine, session_name: str, go_on: str, now: datetime) -> Challenge:
    """Note that a browser sets out, and return what it takes along; raises `NotUnderWayError` when too many are."""
    challenge = Challenge.new()
    kept = json.dumps([challenge.state, challenge.nonce, challenge.verifier, go_on])
    hashed = _hash(challenge.state)
    with engine.database.write() as connection:
        forget_old(connection, now, now - timedelta(days=30))
        if connection.execute(select(func.count()).select_from(oidc_attempt)).scalar_one() >= MOST_UNDER_WAY:
            raise NotUnderWayError
        row = {"state_hash": hashed, "session_hash": hash_of(session_name), "expires_at": now + UNDER_WAY}
        connection.execute(insert(oidc_attempt).values(**row, sealed=engine.secrets.seal(f"oidc|{hashed}", kept)))
    return challenge


def come_back(engine: Engine, session_name: str, state: str, now: datetime) -> UnderWay:
    """Return what a browser set out with. It comes back once, whatever becomes of it; raises `NotUnderWayError`."""
    hashed = _hash(state)
    mine = (oidc_attempt.c.state_hash == hashed, oidc_attempt.c.session_hash == hash_of(session_name))
    with engine.database.write() as connection:
        gone = delete(oidc_attempt).where(*mine).returning(oidc_attempt.c.sealed, oidc_attempt.c.expires_at)
        row = connection.execute(gone).one_or_none()
    if row is None or now >= row.expires_at:
        raise NotUnderWayError
    told, nonce, verifier, go_on = json.loads(engine.secrets.open(f"oidc|{hashed}", row.sealed))
    return UnderWay(Challenge(told, nonce, verifier), go_on)


def enter_as(engine: Engine, claimed: Claimed, came_from: CameFrom, now: datetime, limits: SessionLimits) -> str:
    """Return the name of the session of who signed in at the provider; raises `NotStaffError`."""
    with engine.database.write() as connection:
        member = _linked(connection, claimed) or _first_time(connection, claimed, now)
        if not member.active:
            raise NotStaffError
        note_entered(engine, connection, member.email, came_from, now)
        return begin_session(engine, connection, member.id, Stage.FULL, Method.OIDC, came_from, now, limits)


def _linked(connection: Connection, claimed: Claimed) -> StaffRow | None:
    query = select(oidc_link.c.staff_id).where(
        oidc_link.c.issuer == claimed.issuer, oidc_link.c.subject == claimed.subject
    )
    staff_id = connection.execute(query).scalar_one_or_none()
    return people.staff_by_id(connection).get(staff_id) if staff_id is not None else None


def _first_time(connection: Connection, claimed: Claimed, now: datetime) -> StaffRow:
    member = people.staff_by_email(connection, claimed.address) if claimed.address else None
    if member is None or not member.active:
        raise NotStaffError
    mine = (oidc_link.c.issuer == claimed.issuer, oidc_link.c.staff_id == member.id)
    if connection.execute(select(oidc_link.c.subject).where(*mine).with_for_update()).first() is not None:
        raise NotStaffError  # the address belongs to somebody whom the provider calls by another name
    row = {"issuer": claimed.issuer, "subject": claimed.subject, "staff_id": member.id, "linked_at": now}
    try:
        with connection.begin_nested():
            connection.execute(insert(oidc_link).values(**row))
    except IntegrityError:  # she, or somebody else, comes in by another door at this moment
        raise NotStaffError from None
    return member


def _hash(state: str) -> str:
    return hashlib.sha256(b"state|" + state.encode()).hexdigest()
