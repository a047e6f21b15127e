"""A form of a case is sent: look at what it leads to, or let it happen."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from engine.firing import Fired, fire, preview
from engine.inspecting import CaseView
from web.case_forms import AMEND_KEY, answers_of, blank_named
from web.errors import ForgedFormError
from web.forms import ANSWER, Blank, Returned, returned_form, typed_answers
from web.pages.case import amend_page, case_page, seen
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.answer_texts import AnswersError
from workflows.case import Became, Builtin, Event
from workflows.differences import compare
from workflows.guards import Value
from workflows.refusals import EventRefusedError

router = APIRouter()


@router.post("/cases/{ref}/events")
def receive_event(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Let an event happen, or show what it would lead to when the form asks for that."""
    view = seen(visit, ref)
    blank = blank_named(view, text_of(form, "form"), visit.words, visit.dates)
    typed = typed_answers(form)
    try:
        answers = answers_of(blank, view, typed)
        if blank.event == Builtin.AMEND and not answers:
            return _sent_back(visit, view, Returned(blank.key, typed, {}, (visit.words("amend.nothing"),)))
        return _done(visit, view, blank, answers, form, typed)
    except (AnswersError, EventRefusedError) as error:
        definition = view.rules.definition
        return _sent_back(visit, view, returned_form(blank, typed, error, definition, visit.words))


def _done(
    visit: Visit, view: CaseView, blank: Blank, answers: Mapping[str, Value], form: FormData, typed: Mapping[str, str]
) -> Response:
    engine, event = visit.place.engine, Event(blank.event, answers)
    if text_of(form, "do") == "preview":
        return _preview_page(visit, view, blank, typed, preview(engine, view.ref, event, visit.actor, visit.now))
    entry = text_of(form, "entry")
    if not entry.isascii() or not entry.isdecimal():
        raise ForgedFormError
    fired = fire(engine, view.ref, event, visit.actor, visit.now, expected_entry=int(entry[:9]))
    visit.say("done", visit.words("flash.done", title=_title(visit, view, blank)), *_changes(visit, fired))
    return RedirectResponse(f"/cases/{view.ref}", 303)


def _sent_back(visit: Visit, view: CaseView, returned: Returned) -> HTMLResponse:
    if returned.key == AMEND_KEY:
        return amend_page(visit, view, returned, 422)
    return case_page(visit, view, returned, status=422)


def _preview_page(visit: Visit, view: CaseView, blank: Blank, typed: Mapping[str, str], fired: Fired) -> HTMLResponse:
    definition = fired.rules.definition
    after = fired.decision.after
    return page(
        visit,
        "preview.html.j2",
        view=view,
        title=_title(visit, view, blank),
        blank=blank,
        typed={f"{ANSWER}{name}": value for name, value in typed.items()},
        changes=_changes(visit, fired),
        state=definition.states[after.state].title if after.state != view.state else None,
        invitations=fired.decision.invitations,
    )


def _title(visit: Visit, view: CaseView, blank: Blank) -> str:
    """Return what happens, in words: a pause is named by its reason, a quiet by its deadline."""
    titles = {line.kind: visit.words.of(line.title) for line in view.deadlines}
    if "deadline" in blank.fixed:
        return f"{blank.title}: {titles.get(blank.fixed['deadline'], '')}"
    if blank.event in (Builtin.PAUSE, Builtin.RESUME):
        key = "pause.begun" if blank.event == Builtin.PAUSE else "pause.ended"
        return visit.words(key, title=blank.title)
    return blank.title


def _changes(visit: Visit, fired: Fired) -> tuple[str, ...]:
    before, after = fired.decision.before, fired.decision.after
    met = {step.key.kind for step in fired.decision.deadlines if step.became is Became.MET}
    return compare(before, after, fired.rules.definition, visit.words.language, met) if before else ()
