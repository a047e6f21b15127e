"""Signing in: the password, then a one-time code, or a recovery code where the telephone is lost."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.inspecting import member_of
from engine.sessions import SessionGoneError, Stage
from engine.signing_in import (
    CodeRefusedError,
    SignInRefusedError,
    SignInWaitError,
    check_code,
    check_password,
    check_recovery_code,
)
from web.addresses import address, own_path
from web.errors import explain
from web.rendering import page
from web.visits import Caller, OutsideDep, PostedDep, let_in, text_of
from workflows.errors import BevakaError

router = APIRouter()


@router.get("/sign-in", response_class=HTMLResponse)
def show_sign_in(who: OutsideDep, next: str = "") -> Response:  # noqa: A002 - the word of the address
    """Ask for address and password, and offer the identity provider where there is one."""
    staff_id = who.session.staff_id
    if staff_id is None:
        return _password_page(who, next)
    if member_of(who.place.engine, staff_id) is None:
        return page(
            who, "error.html.j2", 403, title=who.words("sign_in.no_role"), text=who.words("sign_in.no_role.why")
        )
    return RedirectResponse("/", 303)


@router.post("/sign-in", response_class=HTMLResponse)
def receive_password(who: OutsideDep, form: PostedDep) -> Response:
    """Check the password."""
    go_on, email = text_of(form, "next"), text_of(form, "email")
    place = who.place
    try:
        name = check_password(
            place.engine, email, text_of(form, "password"), who.came_from, who.now, place.entrance.limits
        )
    except (SignInRefusedError, SignInWaitError) as error:
        return _password_page(who, go_on, error, email)
    let_in(who, name)
    return RedirectResponse(_address_of("/sign-in/code", go_on), 303)


@router.get("/sign-in/code", response_class=HTMLResponse)
def show_code(who: OutsideDep, next: str = "", recovery: str = "") -> Response:  # noqa: A002 - the word of the address
    """Ask for the second factor."""
    if who.session.opened is None or who.session.opened.stage is not Stage.CODE:
        return RedirectResponse(_address_of("/sign-in", next), 303)
    return _code_page(who, next, recovery=bool(recovery))


@router.post("/sign-in/code", response_class=HTMLResponse)
def receive_code(who: OutsideDep, form: PostedDep) -> Response:
    """Check a one-time code."""
    return _second_step(who, text_of(form, "code"), text_of(form, "next"), check_code, recovery=False)


@router.post("/sign-in/recovery", response_class=HTMLResponse)
def receive_recovery_code(who: OutsideDep, form: PostedDep) -> Response:
    """Check a recovery code, which is then used up."""
    return _second_step(who, text_of(form, "code"), text_of(form, "next"), check_recovery_code, recovery=True)


def _second_step(who: Caller, typed: str, go_on: str, check: Callable[..., str], *, recovery: bool) -> Response:
    try:
        name = check(who.place.engine, who.session.id, typed, who.came_from, who.now, who.place.entrance.limits)
    except (CodeRefusedError, SignInWaitError) as error:
        return _code_page(who, go_on, error, recovery=recovery)
    except SessionGoneError as error:
        return _password_page(who, go_on, error)
    let_in(who, name)
    return RedirectResponse(own_path(go_on), 303)


def _password_page(who: Caller, go_on: str, error: BevakaError | None = None, email: str = "") -> HTMLResponse:
    told = explain(error, who.words) if error is not None else None
    return page(
        who,
        "sign_in.html.j2",
        told.status if told else 200,
        go_on=own_path(go_on),
        email=email,
        problem=told.text if told else "",
        provider=_address_of("/sign-in/provider", go_on) if who.place.entrance.provider else "",
    )


def _code_page(who: Caller, go_on: str, error: BevakaError | None = None, *, recovery: bool) -> HTMLResponse:
    told = explain(error, who.words) if error is not None else None
    instead = address("/sign-in/code", {"next": _given(go_on), "recovery": None if recovery else "1"})
    return page(
        who,
        "sign_in_code.html.j2",
        told.status if told else 200,
        go_on=own_path(go_on),
        recovery=recovery,
        instead=instead,
        problem=told.text if told else "",
    )


def _address_of(path: str, go_on: str) -> str:
    return address(path, {"next": _given(go_on)})


def _given(go_on: str) -> str | None:
    path = own_path(go_on)
    return path if path != "/" else None
