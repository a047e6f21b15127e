"""What a person has agreed to: recorded with all its terms, and withdrawn."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from access.consents import CARE, GROUPS, ConsentTermsError, Form, Giver, Purpose, Recipient, Terms
from access.rules import Action
from engine.consenting import record_consent, withdraw_consent
from engine.inspecting import CaseView
from web.addresses import choice
from web.errors import PageNotFoundError
from web.pages.case import seen
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.answer_texts import read_day
from workflows.refusals import EventRefusedError

router = APIRouter()
A_YEAR = timedelta(days=365)
Word = TypeVar("Word", Giver, Purpose, Form)
ASKED = ("giver", "direction", "purpose", "form", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed, and what is wrong with it by field."""

    answers: dict[str, str]
    groups: tuple[str, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)


@router.get("/cases/{ref}/consents/new", response_class=HTMLResponse)
def show_form(visit: VisitDep, ref: str) -> HTMLResponse:
    """Show the form that records a consent."""
    view = _steered(visit, ref)
    first = {"valid_from": visit.dates.today.isoformat(), "valid_until": (visit.dates.today + A_YEAR).isoformat()}
    return _page(visit, view, Typed(first))


@router.post("/cases/{ref}/consents", response_class=HTMLResponse)
def record(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Record a consent; the older one of the same direction and purpose ends with it."""
    view = _steered(visit, ref)
    typed = Typed({name: text_of(form, name) for name in ASKED}, _groups(form))
    try:
        terms = _terms(view, typed)
        record_consent(visit.place.engine, view.ref, terms, visit.actor, visit.now)
    except ConsentTermsError as error:
        typed.problems[error.term] = visit.words(f"consent.bad.{error.term}")
        return _page(visit, view, typed, 422)
    except EventRefusedError:
        typed.problems["direction"] = visit.words("consent.bad.now")
        return _page(visit, view, typed, 422)
    visit.say("done", visit.words("consent.recorded"))
    return RedirectResponse(f"/cases/{view.ref}#h-consents", 303)


@router.post("/cases/{ref}/consents/withdraw")
def withdraw(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Withdraw what was agreed on in a direction for a purpose; what waits for that party is stopped."""
    view = _steered(visit, ref)
    purpose = choice("purpose", text_of(form, "purpose"), Purpose)
    parties = text_of(form, "from_party"), text_of(form, "to_party")
    if purpose is None or parties not in {(one.from_party, one.to.party) for one in _directions(view).values()}:
        raise PageNotFoundError
    withdraw_consent(visit.place.engine, view.ref, *parties, visit.actor, visit.now, purpose)
    visit.say("done", visit.words("consent.withdrawn"))
    return RedirectResponse(f"/cases/{view.ref}#h-consents", 303)


@dataclass(frozen=True, slots=True)
class Direction:
    """Who may tell whom."""

    from_party: str
    to: Recipient


def _directions(view: CaseView) -> dict[str, Direction]:
    """Return the directions a programme's roles allow, by what the form calls them: from care outwards first."""
    roles = view.rules.definition.roles.values()
    outwards = [Direction(CARE, Recipient(role.party, role.name)) for role in roles if role.party != CARE]
    parties = dict.fromkeys(role.party for role in roles if role.party != CARE)
    inwards = [Direction(party, Recipient(CARE, "coordinator")) for party in parties]
    return {f"{one.from_party}-{one.to.party}-{one.to.role}": one for one in (*outwards, *inwards)}


def _groups(form: FormData) -> tuple[str, ...]:
    return tuple(text for text in form.getlist("groups") if isinstance(text, str) and text in GROUPS)


def _terms(view: CaseView, typed: Typed) -> Terms:
    """Return the terms that were typed; raises `ConsentTermsError` with the field that is wrong."""
    direction = _directions(view).get(typed.answers["direction"])
    if direction is None:
        raise ConsentTermsError("direction", ", ".join(_directions(view)))
    return Terms(
        _one("giver", typed, Giver),
        direction.from_party,
        direction.to,
        _one("purpose", typed, Purpose),
        frozenset(typed.groups),
        _one("form", typed, Form),
        _day("valid_from", typed),
        _day("valid_until", typed),
    )


def _one(name: str, typed: Typed, kind: type[Word]) -> Word:
    try:
        return kind(typed.answers[name])
    except ValueError:
        raise ConsentTermsError(name, ", ".join(kind)) from None


def _day(name: str, typed: Typed) -> date:
    try:
        return read_day(typed.answers[name])
    except ValueError:
        raise ConsentTermsError(name, "YYYY-MM-DD") from None


def _steered(visit: Visit, ref: str) -> CaseView:
    """Return a case whose consents this visitor may record; raises as `seen`, or `PageNotFoundError`."""
    view = seen(visit, ref)
    if Action.STEER not in view.may:
        raise PageNotFoundError
    return view


def _page(visit: Visit, view: CaseView, typed: Typed, status: int = 200) -> HTMLResponse:
    return page(
        visit,
        "consent.html.j2",
        status,
        view=view,
        typed=typed,
        directions=_directions(view),
        roles=view.rules.definition.roles,
        givers=tuple(Giver),
        purposes=tuple(Purpose),
        ways=tuple(form for form in Form if form is not Form.UNSTATED),
        groups=tuple(GROUPS),
    )
