"""A form of a case is sent: look at what it leads to, or let it happen."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from engine.firing import Fired, fire, preview
from engine.inspecting import CaseView, Scope
from web.addresses import own_path
from web.case_forms import AMEND_KEY, answers_of, blank_named
from web.errors import ForgedFormError
from web.forms import ANSWER, Blank, Returned, returned_form, typed_answers
from web.pages.case import amend_page, case_page, seen
from web.pages.day import day_page
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.answer_texts import AnswersError
from workflows.case import Became, Builtin, Event
from workflows.differences import compare
from workflows.guards import Value
from workflows.refusals import EventRefusedError

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent, and what it is about.

    Attributes:
        back: where to go on afterwards: the line of a list it was sent from; "" for the case.
        line: the kind of deadline of that line.
    """

    view: CaseView
    blank: Blank
    form: FormData
    typed: Mapping[str, str]
    back: str = ""
    line: str = ""

    def goes_back_to(self) -> str:
        """Return where to go on; a list is told which case it was, so that it can offer to undo."""
        if not self.back:
            return f"/cases/{self.view.ref}"
        path, _, line = self.back.partition("#")
        told = f"{'&' if '?' in path else '?'}undo={self.view.ref}&at={line.removeprefix('n')}"
        named = f"{path}{told}" if self.line and line else path
        return f"{named}#{line}" if line else named


@router.post("/cases/{ref}/events")
def receive_event(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Let an event happen, or show what it would lead to when the form asks for that."""
    view = seen(visit, ref)
    blank = blank_named(view, text_of(form, "form"), visit.words, visit.dates)
    back = own_path(text_of(form, "back")) if text_of(form, "back") else ""
    sent = Sent(view, blank, form, typed_answers(form), back, text_of(form, "line"))
    try:
        answers = answers_of(blank, view, sent.typed)
        if blank.event == Builtin.AMEND and not answers:
            return _sent_back(visit, sent, Returned(blank.key, sent.typed, {}, (visit.words("amend.nothing"),)))
        return _done(visit, sent, answers)
    except (AnswersError, EventRefusedError) as error:
        definition = view.rules.definition
        return _sent_back(visit, sent, returned_form(blank, sent.typed, error, definition, visit.words))


def _done(visit: Visit, sent: Sent, answers: Mapping[str, Value]) -> Response:
    engine, view, event = visit.place.engine, sent.view, Event(sent.blank.event, answers)
    if text_of(sent.form, "do") == "preview":
        return _preview_page(visit, sent, preview(engine, view.ref, event, visit.actor, visit.now))
    entry = text_of(sent.form, "entry")
    if not entry.isascii() or not entry.isdecimal():
        raise ForgedFormError
    fired = fire(engine, view.ref, event, visit.actor, visit.now, expected_entry=int(entry[:9]))
    visit.say("done", _said(visit, sent), *changes_of(visit, fired))
    return RedirectResponse(sent.goes_back_to(), 303)


def _said(visit: Visit, sent: Sent) -> str:
    title = visit.words("flash.done", title=_title(visit, sent.view, sent.blank))
    return f"{sent.view.ref} · {title}" if sent.back else title


def _sent_back(visit: Visit, sent: Sent, returned: Returned) -> HTMLResponse:
    if returned.key == AMEND_KEY:
        return amend_page(visit, sent.view, returned, 422)
    if sent.line:
        return day_page(visit, _scope_in(sent.back), (sent.view.ref, sent.line, returned), 422)
    return case_page(visit, sent.view, returned, status=422)


def _scope_in(back: str) -> Scope | None:
    """Return whose day a form was sent from."""
    return next((scope for scope in Scope if f"scope={scope}" in back), None)


def _preview_page(visit: Visit, sent: Sent, fired: Fired) -> HTMLResponse:
    definition, view = fired.rules.definition, sent.view
    after = fired.decision.after
    return page(
        visit,
        "preview.html.j2",
        view=view,
        title=_title(visit, view, sent.blank),
        blank=sent.blank,
        typed={f"{ANSWER}{name}": value for name, value in sent.typed.items()},
        changes=changes_of(visit, fired),
        state=definition.states[after.state].title if after.state != view.state else None,
        invitations=fired.decision.invitations,
        back=sent.back,
        line=sent.line,
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


def changes_of(visit: Visit, fired: Fired) -> tuple[str, ...]:
    """Return which dates an event moves, one line for each."""
    before, after = fired.decision.before, fired.decision.after
    met = {step.key.kind for step in fired.decision.deadlines if step.became is Became.MET}
    return compare(before, after, fired.rules.definition, visit.words.language, met) if before else ()
