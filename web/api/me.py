"""Who I am, and my tokens. Tokens are made on a page or at the command line: a stolen one must make no other."""

from fastapi import APIRouter
from fastapi.responses import Response

from access.rules import Action, may_anywhere
from access.tokens import written_scopes
from engine.api_tokens import TokenLine, all_tokens, revoke_token, tokens_of
from web.api.calls import PREFIX, ApiRoute, CallDep
from web.api.shapes import IdPath, Instant, Shape

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["me"])


class HeldRole(Shape):
    """A role; `unit_id` null: in every unit."""

    role: str
    unit_id: int | None


class Me(Shape):
    """Whose the token is, what it may do, and until when."""

    staff_id: int | None
    roles: list[HeldRole]
    scopes: list[str]
    expires_at: Instant


class Token(Shape):
    """A token, without the token."""

    id: int
    email: str
    label: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None


class Tokens(Shape):
    """Tokens, the newest first."""

    tokens: list[Token]


@router.get("/me", operation_id="get_me", response_model=Me)
def tell_bearer(call: CallDep) -> Response:
    """Say whose the token is, what it may do and until when. Needs no scope."""
    actor, terms = call.bearer.actor, call.bearer.terms
    roles = sorted((HeldRole(role=g.role, unit_id=g.unit_id) for g in actor.grants), key=_order)
    scopes = written_scopes(terms.scopes).split()
    return call.answer(Me(staff_id=actor.staff_id, roles=roles, scopes=scopes, expires_at=terms.expires_at))


@router.get("/tokens", operation_id="list_tokens", response_model=Tokens)
def tell_tokens(call: CallDep) -> Response:
    """Give one's own tokens; to whoever runs the system, with scope `run`, everybody's."""
    staff_id = call.bearer.actor.staff_id
    if call.bearer.terms.covers(Action.RUN) and may_anywhere(call.bearer.actor, Action.RUN):
        return call.answer(Tokens(tokens=[_token(line) for line in all_tokens(call.engine, call.bearer.actor)]))
    own = tokens_of(call.engine, staff_id) if staff_id is not None else ()
    return call.answer(Tokens(tokens=[_token(line) for line in own]))


@router.delete("/tokens/{token_id}", operation_id="revoke_token", status_code=204, response_class=Response)
def end_token(call: CallDep, token_id: IdPath) -> Response:
    """End a token: this one or another of one's own; with scope `run`, an operator anybody's."""
    if token_id != call.bearer.token_id:
        call.acting(Action.RUN)
    revoke_token(call.engine, token_id, call.bearer.actor, call.now)
    return call.answer(None, 204)


def _order(held: HeldRole) -> tuple[str, int]:
    return held.role, held.unit_id or 0


def _token(line: TokenLine) -> Token:
    return Token(
        id=line.id,
        email=line.email,
        label=line.label,
        scopes=list(line.scopes),
        created_at=line.created_at,
        expires_at=line.expires_at,
        used_at=line.used_at,
        revoked_at=line.revoked_at,
    )
