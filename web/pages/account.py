"""My account: where I am signed in, my recovery codes, my API tokens. What concerns the account wants a fresh proof."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from access.tokens import LONGEST_LIFE, Scope, ScopeError
from engine.api_tokens import create_own_token, revoke_token, tokens_of
from engine.enrolling import recovery_codes_left, renew_recovery_codes
from engine.sessions import (
    Method,
    NotProvedError,
    OpenSession,
    SessionGoneError,
    end_everywhere,
    end_other,
    sessions_of,
)
from engine.signing_in import CodeRefusedError, SignInWaitError, prove_again
from engine.staffing import BadEntryError
from web.errors import NotEnteredError, PageNotFoundError, explain
from web.rendering import page
from web.visits import PostedDep, SignedInDep, Visit, let_in, text_of
from workflows.errors import BevakaError

router = APIRouter()
LIVES = (30, 90, 180, LONGEST_LIFE)  # days


@router.get("/account", response_class=HTMLResponse)
def show_account(who: SignedInDep) -> Response:
    """Show it."""
    return _account_page(who)


@router.post("/account/prove", response_class=HTMLResponse)
def receive_proof(who: SignedInDep, form: PostedDep) -> Response:
    """Take another one-time code: for ten minutes it is certain who sits here."""
    try:
        name = prove_again(
            who.place.engine,
            who.session.id,
            text_of(form, "code"),
            who.came_from,
            who.now,
            who.place.entrance.limits,
        )
    except (CodeRefusedError, SignInWaitError, SessionGoneError) as error:
        return _account_page(who, error)
    let_in(who, name)
    return RedirectResponse("/account", 303)


@router.post("/account/codes", response_class=HTMLResponse)
def receive_new_codes(who: SignedInDep, _form: PostedDep) -> Response:
    """Make new recovery codes, and show them once."""
    try:
        codes = renew_recovery_codes(who.place.engine, _opened(who), who.now)
    except NotProvedError as error:
        return _account_page(who, error)
    return page(who, "codes.html.j2", codes=codes)


@router.post("/account/tokens", response_class=HTMLResponse)
def receive_token(who: SignedInDep, form: PostedDep) -> Response:
    """Make an API token, and show it once."""
    days, scopes = text_of(form, "days"), [one for one in form.getlist("scope") if isinstance(one, str)]
    life = int(days) if days in map(str, LIVES) else 0
    try:
        made = create_own_token(who.place.engine, _opened(who), text_of(form, "label"), scopes, life, who.now)
    except (NotProvedError, ScopeError, BadEntryError) as error:
        return _account_page(who, error)
    return page(who, "token.html.j2", token=made.text, until=made.expires_at)


@router.post("/account/tokens/revoke")
def receive_revocation(who: SignedInDep, form: PostedDep) -> Response:
    """End one of one's own tokens."""
    number = text_of(form, "token")
    if number not in {str(line.id) for line in tokens_of(who.place.engine, who.member.staff_id)}:
        raise PageNotFoundError
    revoke_token(who.place.engine, int(number), who.actor, who.now)
    who.say("done", who.words("account.token.revoked"))
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/end")
def receive_end(who: SignedInDep, form: PostedDep) -> Response:
    """Sign out in one other place."""
    end_other(who.place.engine, who.member.staff_id, text_of(form, "session"), who.now)
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/end-all")
def receive_end_everywhere(who: SignedInDep, _form: PostedDep) -> Response:
    """Sign out everywhere, here too."""
    end_everywhere(who.place.engine, who.member.staff_id)
    who.request.scope["bevaka.session"] = who.place.sessions.begin()
    return RedirectResponse("/sign-in", 303)


def _account_page(who: Visit, error: BevakaError | None = None) -> HTMLResponse:
    opened, engine, staff_id = _opened(who), who.place.engine, who.member.staff_id
    told = _told(who, error) if error is not None else None
    return page(
        who,
        "account.html.j2",
        told[0] if told else 200,
        problem=told[1] if told else "",
        fresh=opened.is_fresh(who.now),
        by_code=opened.method is Method.LOCAL,
        left=recovery_codes_left(engine, staff_id),
        lines=sessions_of(engine, staff_id, who.session.id, who.now, who.place.entrance.limits),
        tokens=[line for line in tokens_of(engine, staff_id) if line.revoked_at is None and line.expires_at > who.now],
        scopes=tuple(Scope),
        lives=LIVES,
    )


def _told(who: Visit, error: BevakaError) -> tuple[int, str]:
    if isinstance(error, ScopeError | BadEntryError):
        return 422, who.words("account.token.bad")
    explained = explain(error, who.words)
    return explained.status, explained.text


def _opened(who: Visit) -> OpenSession:
    if who.session.opened is None:
        raise NotEnteredError
    return who.session.opened
