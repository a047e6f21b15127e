"""Who works here: roles, absences and who stands in, invitations; and the units with whom one asks in which order."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from access.rules import Action, may_anywhere
from engine.absences import AbsenceNotFoundError, change_absence, end_absence
from engine.enrolling import invite
from engine.inspecting import units as units_to_choose
from engine.inspecting_people import PersonLine, own_line, people_lines, unit_views
from engine.staffing import (
    AbsenceError,
    AlreadyThereError,
    BadEntryError,
    RoleNotHeldError,
    UnknownRoleError,
    add_staff,
    add_unit,
    grant_role,
    revoke_role,
    roles_to_give,
    set_absence,
    set_active,
)
from notifications.recipients import RecipientError
from web.addresses import day, given
from web.errors import BadAddressError, PageNotFoundError
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of

router = APIRouter()
Refusal = BadEntryError | AlreadyThereError | RoleNotHeldError | UnknownRoleError | AbsenceError | RecipientError
REFUSALS = (BadEntryError, AlreadyThereError, RoleNotHeldError, UnknownRoleError, AbsenceError, RecipientError)


@router.get("/people", response_class=HTMLResponse)
def show_people(visit: VisitDep) -> HTMLResponse:
    """Show everybody who works here."""
    lines = people_lines(visit.place.engine, visit.actor, visit.now)
    return page(
        visit,
        "people.html.j2",
        lines=lines,
        gaps=[
            (line, absence, gap) for line in lines if line.active for absence in line.absences for gap in absence.gaps
        ],
        may_manage=may_anywhere(visit.actor, Action.MANAGE_PEOPLE),
    )


@router.get("/people/{number}", response_class=HTMLResponse)
def show_person(visit: VisitDep, number: int) -> HTMLResponse:
    """Show one member of staff."""
    return _person_page(visit, number)


@router.post("/people")
def receive_person(visit: VisitDep, form: PostedDep) -> Response:
    """Add a member of staff, and go to her page to give her a role."""
    engine, language = visit.place.engine, "en" if text_of(form, "language") == "en" else "sv"
    try:
        number = add_staff(engine, text_of(form, "email"), text_of(form, "name"), visit.actor, language=language)
    except (BadEntryError, AlreadyThereError, RecipientError) as refused:
        visit.say("problem", visit.words("people.refused"), _why(visit, refused))
        return RedirectResponse("/people", 303)
    visit.say("done", visit.words("people.added"))
    return RedirectResponse(f"/people/{number}", 303)


@router.post("/people/{number}/roles")
def receive_role(visit: VisitDep, form: PostedDep, number: int) -> Response:
    """Give a role, or take one back."""
    line, unit = _line(visit, number), given(text_of(form, "unit"))
    change = revoke_role if text_of(form, "do") == "revoke" else grant_role
    return _changed(
        visit, number, lambda: change(visit.place.engine, line.email, text_of(form, "role"), unit, visit.actor)
    )


@router.post("/people/{number}/active")
def receive_active(visit: VisitDep, form: PostedDep, number: int) -> Response:
    """Let somebody work here again, or no longer."""
    line, active = _line(visit, number), text_of(form, "do") == "enable"
    return _changed(visit, number, lambda: set_active(visit.place.engine, line.email, active, visit.actor))


@router.post("/people/{number}/invite", response_class=HTMLResponse)
def receive_invitation(visit: VisitDep, _form: PostedDep, number: int) -> Response:
    """Invite somebody to make her account, and show the link once."""
    invited = invite(visit.place.engine, _line(visit, number).email, visit.actor, visit.now)
    link = f"{visit.place.engine.public_url}/join/{invited.code}"
    return _person_page(visit, number, link=link, until=invited.expires_at)


@router.post("/people/{number}/absences")
def receive_absence(visit: VisitDep, form: PostedDep, number: int) -> Response:
    """Note, change or end an absence."""
    engine, line, chosen = visit.place.engine, _line(visit, number), text_of(form, "absence")
    if chosen and not any(str(one.id) == chosen for one in line.absences):
        raise AbsenceNotFoundError
    if text_of(form, "do") == "end":
        return _changed(visit, number, lambda: end_absence(engine, int(chosen or "0"), visit.actor, visit.now))
    try:
        first, last = day("from", text_of(form, "from")), day("until", text_of(form, "until"))
    except BadAddressError:
        first = last = None
    if first is None or last is None:
        visit.say("problem", visit.words("people.refused"), visit.words("people.why.dates"))
        return _back(number)
    deputy = given(text_of(form, "deputy"))
    if chosen:
        return _changed(visit, number, lambda: change_absence(engine, int(chosen), first, last, deputy, visit.actor))
    return _changed(visit, number, lambda: set_absence(engine, line.email, first, last, deputy, visit.actor))


@router.get("/units", response_class=HTMLResponse)
def show_units(visit: VisitDep) -> HTMLResponse:
    """Show the units, and whom one asks in which order."""
    views = unit_views(visit.place.engine, visit.actor, visit.now)
    may_manage = may_anywhere(visit.actor, Action.MANAGE_UNITS)
    return page(
        visit,
        "units.html.j2",
        views=views,
        may_manage=may_manage,
        may_see_channels=may_anywhere(visit.actor, Action.SEE_CHANNELS),
    )


@router.post("/units")
def receive_unit(visit: VisitDep, form: PostedDep) -> Response:
    """Add a unit."""
    try:
        add_unit(visit.place.engine, text_of(form, "code"), text_of(form, "title"), visit.actor)
    except (BadEntryError, AlreadyThereError) as refused:
        visit.say("problem", visit.words("people.refused"), _why(visit, refused))
    else:
        visit.say("done", visit.words("units.added"))
    return RedirectResponse("/units", 303)


def _changed(visit: Visit, number: int, change: Callable[[], object]) -> Response:
    """Do something about a member of staff, and say whether it went well."""
    try:
        change()
    except REFUSALS as refused:
        visit.say("problem", visit.words("people.refused"), _why(visit, refused))
    else:
        visit.say("done", visit.words("people.changed"))
    return _back(number)


def _back(number: int) -> RedirectResponse:
    return RedirectResponse(f"/people/{number}", 303)


def _why(visit: Visit, refused: Refusal) -> str:
    """Return why something was refused, in words; what was typed is not repeated."""
    match refused:
        case AbsenceError():
            return visit.words(f"people.why.{refused.cause}")
        case BadEntryError() | RecipientError():
            return visit.words(f"people.why.field.{refused.field}")
        case AlreadyThereError():
            return visit.words(f"people.why.there.{refused.what}")
        case _:
            return visit.words("people.why.role")


def _line(visit: Visit, number: int) -> PersonLine:
    """Return a member of staff: herself always, others to who may see them.

    Raises:
        PageNotFoundError: there is none of that number.
    """
    mine = own_line(visit.place.engine, visit.actor, visit.now)
    if mine is not None and mine.id == number:
        return mine
    lines = people_lines(visit.place.engine, visit.actor, visit.now)
    found = next((line for line in lines if line.id == number), None)
    if found is None:
        raise PageNotFoundError
    return found


def _person_page(visit: Visit, number: int, **invitation: object) -> HTMLResponse:
    line, engine = _line(visit, number), visit.place.engine
    may_manage = may_anywhere(visit.actor, Action.MANAGE_PEOPLE)
    sees_people = may_anywhere(visit.actor, Action.SEE_PEOPLE)
    others = people_lines(engine, visit.actor, visit.now) if sees_people else ()
    return page(
        visit,
        "person.html.j2",
        line=line,
        deputies=[other for other in others if other.active and other.id != number],
        may_manage=may_manage,
        sees_people=sees_people,
        units=units_to_choose(engine, visit.actor) if may_manage else (),
        roles=roles_to_give(engine, visit.actor) if may_manage else (),
        invitation=invitation or None,
    )
