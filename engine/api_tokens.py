"""API tokens: made by their owner or an operator, told once; good until they end, are revoked, or she leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from access.actors import Actor, Grant
from access.rules import Action, may_anywhere
from access.tokens import (
    LONGEST_LIFE,
    Scope,
    ScopeError,
    TokenTerms,
    new_token,
    read_scopes,
    token_hash,
    written_scopes,
)
from engine.authorising import authorise_anywhere
from engine.errors import UnknownStaffError
from engine.parts import Engine
from engine.sessions import NOTICED, NotProvedError, OpenSession
from engine.staffing import BadEntryError, find_staff
from storage.account_tables import api_token
from storage.tables import membership, staff
from workflows.errors import BevakaError

LONGEST_LABEL = 80


class TokenRefusedError(BevakaError):
    """A token that is none, has ended or was revoked, or whose owner does not work here. Which of these is not said."""

    def __init__(self) -> None:
        super().__init__("the token is not good")


class BeyondScopeError(BevakaError):
    """The token was not made for this."""

    def __init__(self, action: Action) -> None:
        self.action = action
        super().__init__(f"the token's scopes do not cover {action}")


class UnknownTokenError(BevakaError):
    """There is no such token, or none of the asker's business."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no token {number}")


@dataclass(frozen=True, slots=True, repr=False)
class MadeToken:
    """A token that was just made. Its text is told once and kept nowhere."""

    id: int
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token in a list: everything but the token. Instants are UTC."""

    id: int
    email: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who comes with a token: an actor with the roles she holds now, what the token was made for, and its number."""

    actor: Actor
    terms: TokenTerms
    token_id: int

    def acting(self, action: Action) -> Actor:
        """Return who acts; raises `BeyondScopeError` where the token was not made for it."""
        if not self.terms.covers(action):
            raise BeyondScopeError(action)
        return self.actor


def create_token(
    engine: Engine, email: str, label: str, scopes: list[str], days: int, actor: Actor, now: datetime
) -> MadeToken:
    """Make a token for a member of staff, as an operator.

    Raises:
        NotAllowedError: the actor does not run the system.
        UnknownStaffError, BadEntryError, ScopeError: what is wrong with it.
    """
    authorise_anywhere(actor, Action.RUN)
    with engine.database.write() as connection:
        member = find_staff(connection, email)
        if not member.active:
            raise UnknownStaffError(email)
        return _made(connection, member.id, label, scopes, days, now)


def create_own_token(
    engine: Engine, session: OpenSession, label: str, scopes: list[str], days: int, now: datetime
) -> MadeToken:
    """Make a token for oneself.

    Raises:
        NotProvedError: who she is was not proved just now.
        BadEntryError, ScopeError: what is wrong with it.
    """
    if not session.is_fresh(now):
        raise NotProvedError
    with engine.database.write() as connection:
        return _made(connection, session.staff_id, label, scopes, days, now)


def tokens_of(engine: Engine, staff_id: int) -> tuple[TokenLine, ...]:
    """Return the tokens of a member of staff, newest first."""
    return _lines(engine, staff_id)


def all_tokens(engine: Engine, actor: Actor) -> tuple[TokenLine, ...]:
    """Return everybody's tokens, newest first; raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    return _lines(engine, None)


def revoke_token(engine: Engine, number: int, actor: Actor, now: datetime) -> None:
    """End a token: anybody her own, an operator anybody's. One that was revoked stays so.

    Raises:
        UnknownTokenError: there is none, or it is somebody else's.
    """
    mine = [api_token.c.id == number]
    if not may_anywhere(actor, Action.RUN):
        mine.append(api_token.c.staff_id == actor.staff_id)
    with engine.database.write() as connection:
        if connection.execute(select(api_token.c.id).where(*mine)).first() is None:
            raise UnknownTokenError(number)
        connection.execute(update(api_token).where(*mine, api_token.c.revoked_at.is_(None)).values(revoked_at=now))


def bearer_of(engine: Engine, text: str, now: datetime) -> Bearer:
    """Return who comes with a token at an instant (UTC), with the roles she holds now; raises `TokenRefusedError`."""
    hashed = token_hash(text)
    with engine.database.read() as connection:
        query = select(api_token).join(staff, staff.c.id == api_token.c.staff_id).where(staff.c.active)
        row = connection.execute(query.where(api_token.c.token_hash == (hashed or ""))).one_or_none()
        if row is None or row.revoked_at is not None or now >= row.expires_at:
            raise TokenRefusedError
        held = connection.execute(
            select(membership.c.role, membership.c.unit_id).where(membership.c.staff_id == row.staff_id)
        ).all()
    if row.used_at is None or now - row.used_at > NOTICED:
        with engine.database.write() as connection:
            connection.execute(update(api_token).where(api_token.c.id == row.id).values(used_at=now))
    actor = Actor.staff(row.staff_id, [Grant(role, unit_id) for role, unit_id in held])
    return Bearer(actor, TokenTerms(frozenset(map(Scope, row.scopes.split())), row.expires_at), row.id)


def _made(connection: Connection, staff_id: int, label: str, scopes: list[str], days: int, now: datetime) -> MadeToken:
    wanted = read_scopes(scopes)
    if not 1 <= days <= LONGEST_LIFE:
        raise ScopeError("days", f"1–{LONGEST_LIFE}")
    words = " ".join(label.split())
    if not words or len(words) > LONGEST_LABEL or not words.isprintable():
        raise BadEntryError("label", f"1 to {LONGEST_LABEL} printable characters")
    text, expires_at = new_token(), now + timedelta(days=days)
    row = {
        "staff_id": staff_id,
        "label": words,
        "token_hash": token_hash(text),
        "scopes": written_scopes(wanted),
        "created_at": now,
        "expires_at": expires_at,
    }
    made = connection.execute(insert(api_token).values(**row).returning(api_token.c.id)).scalar_one()
    return MadeToken(made, text, expires_at)


def _lines(engine: Engine, staff_id: int | None) -> tuple[TokenLine, ...]:
    query = select(api_token, staff.c.email).join(staff, staff.c.id == api_token.c.staff_id)
    if staff_id is not None:
        query = query.where(api_token.c.staff_id == staff_id)
    with engine.database.read() as connection:
        rows = connection.execute(query.order_by(api_token.c.id.desc())).all()
    return tuple(
        TokenLine(
            row.id,
            row.email,
            row.label,
            tuple(row.scopes.split()),
            row.created_at,
            row.expires_at,
            row.used_at,
            row.revoked_at,
        )
        for row in rows
    )
