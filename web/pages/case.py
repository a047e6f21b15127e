"""One case: where it stands, what it is watched against, what has happened and what can happen next."""

from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from access.rules import Action
from engine.consenting import consent_lines
from engine.inspecting import CaseView, DeadlineLine, Move, PersonView, SlotLine, TimelineLine, case_view, person_of
from engine.undoing import undo_offer
from web.case_forms import AMEND_KEY, amend_blank, case_blanks
from web.errors import PageNotFoundError
from web.forms import Form, Returned, fill
from web.live import Shown, fingerprint_address
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep
from workflows.diagram import to_svg
from workflows.refusal_words import why_not
from workflows.refusals import Why

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Closed:
    """A move that cannot be made now, and why."""

    title: str
    reasons: tuple[str, ...]


@router.get("/cases/{ref}", response_class=HTMLResponse)
def show_case(visit: VisitDep, ref: str) -> HTMLResponse:
    """Show a case."""
    return case_page(visit, seen(visit, ref))


@router.post("/cases/{ref}/person", response_class=HTMLResponse)
def show_person(visit: VisitDep, _form: PostedDep, ref: str) -> HTMLResponse:
    """Show a case together with who it is about; the reading is logged. Asked for by POST, so that no link does it."""
    view = seen(visit, ref)
    return case_page(visit, view, person=person_of(visit.place.engine, view.ref, visit.actor, visit.now))


@router.get("/cases/{ref}/amend", response_class=HTMLResponse)
def show_amend(visit: VisitDep, ref: str) -> HTMLResponse:
    """Show the form that corrects what the case knows."""
    view = seen(visit, ref)
    if Action.STEER not in view.may:
        raise PageNotFoundError
    return amend_page(visit, view)


def seen(visit: Visit, ref: str) -> CaseView:
    """Return a case as this visitor may see it; raises `CaseNotFoundError`."""
    return case_view(visit.place.engine, ref.upper(), visit.actor, visit.now)


def case_page(
    visit: Visit, view: CaseView, returned: Returned | None = None, person: PersonView | None = None, status: int = 200
) -> HTMLResponse:
    """Return the case's page, with a form as it was returned if one was."""
    definition = view.rules.definition
    forms = {
        key: fill(blank, visit.words, returned) for key, blank in case_blanks(view, visit.words, visit.dates).items()
    }
    open_lines = tuple(line for line in view.deadlines if line.status == "open")
    meeting = _meeting(view, open_lines, forms)
    placed = {form.event for found in meeting.values() for form in found}
    return page(
        visit,
        "case.html.j2",
        status,
        view=view,
        undo=undo_offer(visit.place.engine, view.ref, visit.actor, visit.now),
        live=fingerprint_address([Shown(view.ref, view.snapshot.seq)]),
        person=person,
        open_lines=open_lines,
        ended_lines=tuple(line for line in view.deadlines if line.status != "open"),
        meeting=meeting,
        moves=tuple((m, f) for m, f in _moves(view, forms) if m.name not in placed),
        timeline=_gathered(view.timeline),
        closed=_closed(visit, view),
        pauses=_of(forms, "pause-"),
        resumes=_of(forms, "resume-"),
        acknowledge={line.kind: forms.get(f"ack-{line.kind}") for line in open_lines},
        snooze={line.kind: forms.get(f"snooze-{line.kind}") for line in open_lines},
        may_amend=AMEND_KEY in forms,
        consents=() if view.disclosed_only else consent_lines(visit.place.engine, view.ref, visit.actor, visit.now),
        may_consent=Action.STEER in view.may,
        may_see_person=Action.SEE_PERSON in view.may,
        # The layout escapes every text of the definition itself.
        diagram=Markup(to_svg(definition, visit.words.language, view.state)),  # noqa: S704
    )


def _moves(view: CaseView, forms: dict[str, Form]) -> tuple[tuple[Move, Form], ...]:
    return tuple((move, forms[f"move-{move.name}"]) for move in view.moves if move.possible)


def _meeting(
    view: CaseView, open_lines: tuple[DeadlineLine, ...], forms: dict[str, Form]
) -> dict[str, tuple[Form, ...]]:
    """Return, by deadline, the forms of the moves that meet it; a move that meets several stands with its own."""
    known = view.rules.definition.deadlines
    met_by = {line.kind: known[line.kind].met_by for line in open_lines if line.kind in known}
    found: dict[str, tuple[Form, ...]] = {line.kind: () for line in open_lines}
    for move in view.moves:
        meets = [kind for kind, moves in met_by.items() if move.possible and move.name in moves]
        if meets:
            own = min(
                meets, key=lambda kind: len(met_by[kind])
            )  # the first, which is the most urgent, of the narrowest
            found[own] += (forms[f"move-{move.name}"],)
    return found


def _gathered(timeline: tuple[TimelineLine, ...]) -> tuple[tuple[TimelineLine, tuple[SlotLine, ...]], ...]:
    """Return the timeline with the messages of one rung as one line, and all whom they went to."""

    def same(line: TimelineLine) -> tuple[object, ...]:
        return line.at, line.kind, line.title, line.outcome, line.reason, line if line.kind == "event" else None

    groups = [tuple(group) for _, group in groupby(timeline, key=same)]
    return tuple((group[0], tuple(line.to for line in group if line.to)) for group in groups)


def _of(forms: dict[str, Form], prefix: str) -> tuple[Form, ...]:
    return tuple(form for key, form in forms.items() if key.startswith(prefix))


def _closed(visit: Visit, view: CaseView) -> tuple[Closed, ...]:
    """Return the moves that cannot be made now; those a guard or a role keeps closed before those of other states."""
    definition, language = view.rules.definition, visit.words.language
    moves = sorted((m for m in view.moves if not m.possible), key=lambda m: m.why_not[0].why is Why.WRONG_STATE)
    return tuple(
        Closed(visit.words.of(m.title), tuple(why_not(r, definition, language) for r in m.why_not)) for m in moves
    )


def amend_page(visit: Visit, view: CaseView, returned: Returned | None = None, status: int = 200) -> HTMLResponse:
    """Return the page that corrects what the case knows."""
    form = fill(amend_blank(view, visit.words), visit.words, returned)
    return page(visit, "amend.html.j2", status, view=view, form=form)
