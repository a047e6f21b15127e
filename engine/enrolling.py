"""Making an account: an operator invites, and whoever holds the invitation sets a password and a second factor.

An invitation of somebody who has an account already (the telephone is lost, and the recovery codes too) replaces it
when it is taken up, and ends her sessions.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from access.actors import Actor
from access.one_time_codes import accepted_step, address_of, new_secret
from access.passwords import check_strength, hash_password
from access.recovery_codes import code_hash, new_codes
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.errors import UnknownStaffError
from engine.parts import Engine
from engine.sessions import CameFrom, Method, NotProvedError, OpenSession, SessionLimits, Stage, begin_session
from engine.signing_in import CodeRefusedError, note_entered, totp_row
from engine.staffing import find_staff
from storage import accounts
from storage import sessions as kept
from storage.accounts import AccountRow, InvitationRow
from workflows.errors import BevakaError

INVITED = timedelta(hours=48)


class InvitationGoneError(BevakaError):
    """There is no such invitation: it was taken up, replaced by another one, or is too old."""

    def __init__(self) -> None:
        super().__init__("the invitation is not good, or not any more")


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, told once. `code` opens it until `expires_at` (UTC)."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """What somebody who holds an invitation sees. `address` is what her telephone reads from a picture."""

    email: str
    name: str
    secret: str
    address: str


@dataclass(frozen=True, slots=True, repr=False)
class Enrolled:
    """An account that was made: the name of the session one is in, and recovery codes, told once."""

    session: str
    codes: tuple[str, ...]


def invite(engine: Engine, email: str, actor: Actor, now: datetime) -> Invited:
    """Invite a member of staff to make her account, within 48 hours. An invitation she had is not good any more.

    Raises:
        NotAllowedError: the actor does not run the system.
        UnknownStaffError: nobody active has the address.
    """
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    code, expires_at = secrets.token_urlsafe(32), now + INVITED
    with engine.database.write() as connection:
        member = find_staff(connection, email)
        if not member.active:
            raise UnknownStaffError(email)
        sealed = engine.secrets.seal(totp_row(member.id), new_secret())
        accounts.put_invitation(connection, member.id, _hash(code), sealed, expires_at)
    return Invited(code, expires_at)


def offer_of(engine: Engine, code: str, now: datetime) -> Offer:
    """Return what an invitation offers; raises `InvitationGoneError`."""
    with engine.database.read() as connection:
        found = _found(connection, code, now)
    secret = engine.secrets.open(totp_row(found.staff_id), found.sealed_totp)
    return Offer(found.email, found.name, secret, address_of(secret, found.email))


def enrol(
    engine: Engine, code: str, password: str, typed: str, came_from: CameFrom, now: datetime, limits: SessionLimits
) -> Enrolled:
    """Take up an invitation: make the account, end what sessions there were, and enter.

    Args:
        engine: the parts.
        code: of the invitation.
        password: the one wished for.
        typed: a one-time code, to show that the telephone has the secret.
        came_from: where from.
        now: a UTC instant.
        limits: of sessions.

    Raises:
        InvitationGoneError: it is not good.
        WeakPasswordError: the password is not taken.
        CodeRefusedError: the one-time code is wrong.
    """
    offer = offer_of(engine, code, now)
    check_strength(password, (offer.email, offer.name))
    step = accepted_step(offer.secret, typed, now, None)
    if step is None:
        raise CodeRefusedError
    hashed, codes = hash_password(password), new_codes()
    with engine.database.write() as connection:
        found = _found(connection, code, now)
        if not accounts.take_invitation(connection, _hash(code)):
            raise InvitationGoneError
        accounts.put_account(connection, AccountRow(found.staff_id, hashed, found.sealed_totp, step, now))
        accounts.put_recovery_codes(connection, found.staff_id, map(code_hash, codes))
        kept.end_sessions_of(connection, found.staff_id)
        note_entered(engine, connection, found.email, came_from, now)
        session = begin_session(engine, connection, found.staff_id, Stage.FULL, Method.LOCAL, came_from, now, limits)
    return Enrolled(session, codes)


def renew_recovery_codes(engine: Engine, session: OpenSession, now: datetime) -> tuple[str, ...]:
    """Return new recovery codes, told once; the old ones are not good any more.

    Raises:
        NotProvedError: who she is was not proved just now, or she has no account to recover.
    """
    codes = new_codes()
    with engine.database.write() as connection:
        if not session.is_fresh(now) or accounts.account_of(connection, session.staff_id) is None:
            raise NotProvedError
        accounts.put_recovery_codes(connection, session.staff_id, map(code_hash, codes))
    return codes


def recovery_codes_left(engine: Engine, staff_id: int) -> int | None:
    """Return how many recovery codes are unused; None for who has no account with a password."""
    with engine.database.read() as connection:
        if accounts.account_of(connection, staff_id) is None:
            return None
        return accounts.recovery_codes_left(connection, staff_id)


def anybody_can_sign_in(engine: Engine) -> bool:
    """Say whether anybody has made an account here yet."""
    with engine.database.read() as connection:
        return accounts.anybody_has_account(connection)


def _found(connection: Connection, code: str, now: datetime) -> InvitationRow:
    found = accounts.find_invitation(connection, _hash(code))
    if found is None or now >= found.expires_at or not found.active:
        raise InvitationGoneError
    return found


def _hash(code: str) -> str:
    return hashlib.sha256(b"invitation|" + code.encode()).hexdigest()
