"""The same event on several cases: choose it, fill in its form once, see what each case makes of it, let it happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from engine.several import MOST, Done, Offered, Pick, events_for, fire_each, preview_each
from web.addresses import given, own_path
from web.case_forms import move_blank, quiet_blank
from web.errors import PageNotFoundError, explain
from web.forms import ANSWER, Blank, Returned, fill, typed_answers
from web.pages.events import changes_of
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.answer_texts import AnswersError, read_answers
from workflows.case import Builtin
from workflows.errors import BevakaError
from workflows.guards import Value

router = APIRouter()
LONGEST_PICK = 24


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of one case, in words."""

    ref: str
    seq: int
    good: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody is about to do with several cases, and where she came from."""

    picks: tuple[Pick, ...]
    back: str
    offered: tuple[Offered, ...]
    kind: str | None = None  # of the deadline the list was filtered by


@router.post("/cases/several", response_class=HTMLResponse)
def do_several(visit: VisitDep, form: PostedDep) -> Response:
    """Go on by one step: the choice of an event, its form, its preview, its results."""
    picks, back = _picks(form), own_path(text_of(form, "back") or "/cases")
    if not picks:
        visit.say("problem", visit.words("several.none"))
        return RedirectResponse(back, 303)
    offered = events_for(visit.place.engine, visit.actor, visit.now, picks)
    errand = Errand(picks, back, offered, given(text_of(form, "kind")))
    event, step = text_of(form, "event"), text_of(form, "do")
    if step == "apply":
        return _apply(visit, errand, event, typed_answers(form))
    blank = _blank(visit, errand, event) if event else None
    if blank is None:
        return _choice(visit, errand, chosen=event)
    if step != "preview":
        return _form(visit, errand, blank, None)
    return _preview(visit, errand, blank, typed_answers(form))


def _picks(form: FormData) -> tuple[Pick, ...]:
    """Return the cases chosen: "reference.sequence" each; what is no such thing is left out."""
    found = []
    for text in form.getlist("pick")[:MOST]:
        ref, _, seq = text.rpartition(".") if isinstance(text, str) and len(text) <= LONGEST_PICK else ("", "", "")
        if ref and seq.isascii() and seq.isdecimal():
            found.append(Pick(ref, int(seq)))
    return tuple(dict.fromkeys(found))


def _blank(visit: Visit, errand: Errand, event: str) -> Blank | None:
    """Return the form of an event that is offered; None for one that is not (any more)."""
    offered = next((one for one in errand.offered if one.event == event), None)
    if offered is None:
        return None
    if offered.move is not None:
        return move_blank(offered.move, visit.words, visit.dates)
    return quiet_blank(Builtin(event), visit.words, visit.dates)


def _choice(visit: Visit, errand: Errand, chosen: str) -> HTMLResponse:
    titles = {one.event: _title(visit, one) for one in errand.offered}
    return page(
        visit,
        "several_choice.html.j2",
        422 if chosen else 200,
        errand=errand,
        titles=titles,
        gone=bool(chosen),
    )


def _title(visit: Visit, offered: Offered) -> str:
    if offered.move is not None:
        return visit.words.of(offered.move.title)
    return visit.words("ack.title" if offered.event == Builtin.ACKNOWLEDGE else "snooze.title")


def _form(visit: Visit, errand: Errand, blank: Blank, returned: Returned | None) -> HTMLResponse:
    return page(
        visit,
        "several_form.html.j2",
        422 if returned else 200,
        errand=errand,
        form=fill(blank, visit.words, returned),
    )


def _preview(visit: Visit, errand: Errand, blank: Blank, typed: Mapping[str, str]) -> HTMLResponse:
    try:
        answers = _answers(blank, typed)
    except AnswersError as error:
        problems = {name: visit.words("form.unreadable", allowed=allowed) for name, allowed in error.problems}
        return _form(visit, errand, blank, Returned(blank.key, typed, problems, ()))
    done = preview_each(visit.place.engine, visit.actor, visit.now, errand.picks, blank.event, answers, errand.kind)
    return page(
        visit,
        "several_preview.html.j2",
        errand=errand,
        blank=blank,
        typed={f"{ANSWER}{name}": value for name, value in typed.items()},
        outcomes=_outcomes(visit, done),
    )


def _apply(visit: Visit, errand: Errand, event: str, typed: Mapping[str, str]) -> HTMLResponse:
    blank = _blank(visit, errand, event)
    if blank is None:  # nothing of it is possible any more: sent twice, or somebody was faster
        return _choice(visit, errand, chosen=event)
    try:
        answers = _answers(blank, typed)
    except AnswersError:
        raise PageNotFoundError from None  # the preview had read them
    done = fire_each(visit.place.engine, visit.actor, visit.now, errand.picks, blank.event, answers, errand.kind)
    return page(visit, "several_done.html.j2", errand=errand, blank=blank, outcomes=_outcomes(visit, done))


def _answers(blank: Blank, typed: Mapping[str, str]) -> dict[str, Value]:
    return {name: value for name, value in read_answers(blank.fields, typed).items() if value is not None}


def _outcomes(visit: Visit, done: Sequence[Done]) -> tuple[Outcome, ...]:
    """Return what became of each case, those that refused first: they are what is left to do."""
    outcomes = [_outcome(visit, one) for one in done]
    return tuple(sorted(outcomes, key=lambda one: one.good))


def _outcome(visit: Visit, done: Done) -> Outcome:
    if done.fired is not None:
        lines = changes_of(visit, done.fired) or (visit.words("preview.nothing"),)
        return Outcome(done.pick.ref, done.pick.seq, good=True, lines=lines)
    told = explain(done.error or BevakaError(), visit.words, done.rules.definition if done.rules else None)
    return Outcome(done.pick.ref, done.pick.seq, good=False, lines=told.details or (told.title,))
