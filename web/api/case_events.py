"""Events of a case: its transitions, corrections of its data, and pauses; looked at first where one wants."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from access.rules import Action
from engine.errors import CaseMovedError
from engine.firing import Fired, fire, preview
from engine.inspecting import CaseView, case_view
from engine.parts import Engine
from engine.undoing import undo_last
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.case_shapes import Pause, pause_body
from web.api.event_shapes import Happened, Transitions, happened_body, transition_body
from web.api.problems import PreconditionRequiredError
from web.api.shapes import Answers, Day, NamePath, RefPath, Scalar, Shape, typed
from web.api.tags import as_failed, seen_by
from workflows.case import Builtin, Event
from workflows.guards import Value
from workflows.refusals import EventRefusedError, Refusal, Why, shown

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["events"])
IfMatch = Annotated[
    str | None, Header(description="The case's ETag: the event happens only while nothing else has.", max_length=400)
]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Entry = Annotated[int, Field(ge=1, le=999_999_999)]


class TransitionToPreview(Shape):
    """A transition, and what it asks."""

    event: EventName
    answers: Answers = Field(default_factory=dict)


class TransitionToFire(TransitionToPreview):
    """A transition; `expected_entry` (or If-Match) says what its sender saw of the case."""

    expected_entry: Entry | None = None


class AmendmentToPreview(Shape):
    """Fields to correct; null empties one."""

    answers: Annotated[Answers, Field(min_length=1)]


class Amendment(AmendmentToPreview):
    """Fields to correct; `expected_entry` says what its sender saw of the case."""

    expected_entry: Entry | None = None


class PauseToBegin(Shape):
    """A pause of a kind the programme has; from today where nothing is said."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    from_on: Day | None = None


class PauseToEnd(Shape):
    """The day on which the pause is over; today where nothing is said."""

    until_on: Day | None = None


class ToUndo(Shape):
    """Taking back what happened last; `expected_seq` (or If-Match) names the newest event its sender saw."""

    expected_seq: Entry | None = None


class Pauses(Shape):
    """The pauses of a case, and the kinds its programme has by title."""

    pauses: list[Pause]
    kinds: dict[str, str]


@router.get("/cases/{ref}/transitions", operation_id="list_transitions", response_model=Transitions)
def tell_transitions(call: CallDep, ref: RefPath) -> Response:
    """Say what can happen to a case: every transition, what it asks, and why one is not possible now."""
    view = case_view(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    moves = [transition_body(move, view.rules.definition, call.language) for move in view.moves]
    return call.answer(Transitions(entry=view.entry_seq, transitions=moves))


@router.post("/cases/{ref}/transitions/preview", operation_id="preview_transition", response_model=Happened)
def show_transition(call: CallDep, ref: RefPath, wanted: TransitionToPreview) -> Response:
    """Say what a transition would lead to; nothing happens."""
    call.acting(Action.FIRE)
    return call.answer(_previewed(call, ref, wanted.event, wanted.answers))


@router.post("/cases/{ref}/transitions", operation_id="fire_transition", response_model=Happened)
def receive_transition(call: CallDep, ref: RefPath, wanted: TransitionToFire, if_match: IfMatch = None) -> Response:
    """Let a transition happen. Its sender says what she saw of the case, by If-Match or `expected_entry`."""
    call.acting(Action.FIRE)
    if if_match is None and wanted.expected_entry is None:
        raise PreconditionRequiredError
    return _fired(call, ref, wanted.event, wanted.answers, if_match, wanted.expected_entry)


@router.post("/cases/{ref}/amendments/preview", operation_id="preview_amendment", response_model=Happened)
def show_amendment(call: CallDep, ref: RefPath, wanted: AmendmentToPreview) -> Response:
    """Say what corrected data would lead to: which dates move. Nothing happens."""
    call.acting(Action.STEER)
    return call.answer(_previewed(call, ref, Builtin.AMEND, wanted.answers))


@router.post("/cases/{ref}/amendments", operation_id="amend_case", response_model=Happened)
def receive_amendment(call: CallDep, ref: RefPath, wanted: Amendment, if_match: IfMatch = None) -> Response:
    """Correct what a case knows; open deadlines are reckoned anew."""
    call.acting(Action.STEER)
    return _fired(call, ref, Builtin.AMEND, wanted.answers, if_match, wanted.expected_entry)


@router.get("/cases/{ref}/pauses", operation_id="list_pauses", response_model=Pauses)
def tell_pauses(call: CallDep, ref: RefPath) -> Response:
    """Give the pauses of a case, and the kinds there are."""
    view = case_view(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    kinds = {kind.name: kind.title.in_language(call.language) for kind in view.rules.definition.pauses.values()}
    return call.answer(Pauses(pauses=[pause_body(one, call.language) for one in view.pauses], kinds=kinds))


@router.post("/cases/{ref}/pauses", operation_id="begin_pause", response_model=Happened)
def receive_pause(call: CallDep, ref: RefPath, wanted: PauseToBegin, if_match: IfMatch = None) -> Response:
    """Stop the clock of the deadlines that this kind of pause stops."""
    return steered(call, ref, Builtin.PAUSE, {"kind": wanted.kind, "from_on": wanted.from_on}, if_match)


@router.post("/cases/{ref}/pauses/{kind}/end", operation_id="end_pause", response_model=Happened)
def receive_end_of_pause(
    call: CallDep, ref: RefPath, kind: NamePath, wanted: PauseToEnd, if_match: IfMatch = None
) -> Response:
    """Let the clock go on; the dates move by the days the pause lasted."""
    return steered(call, ref, Builtin.RESUME, {"kind": kind, "until_on": wanted.until_on}, if_match)


@router.post("/cases/{ref}/undo", operation_id="undo_last", response_model=Happened)
def receive_undo(call: CallDep, ref: RefPath, wanted: ToUndo, if_match: IfMatch = None) -> Response:
    """Take back what happened last, where the programme lets it be undone and not too late."""
    actor, seq = call.acting(Action.FIRE), seen_by(if_match).seq or wanted.expected_seq
    if seq is None:
        raise PreconditionRequiredError

    def act(engine: Engine) -> Answer:
        try:
            return _answer(call, undo_last(engine, ref, actor, call.now, expected_seq=seq))
        except CaseMovedError as error:
            raise as_failed(error, if_match) from error

    return call.once(act)


def steered(
    call: Call, ref: str, event: str, answers: Mapping[str, str | date | None], if_match: str | None
) -> Response:
    """Let a built-in event happen to a case, once; what is None was not answered."""
    actor, seen = call.acting(Action.STEER), seen_by(if_match)
    given: dict[str, Value] = {name: value for name, value in answers.items() if value is not None}

    def act(engine: Engine) -> Answer:
        known = {"expected_entry": seen.entry, "expected_seq": seen.seq}
        try:
            done = fire(engine, ref, Event(event, given), actor, call.now, **known)
        except CaseMovedError as error:
            raise as_failed(error, if_match) from error
        return _answer(call, done)

    return call.once(act)


def _fired(
    call: Call, ref: str, event: str, answers: Mapping[str, Scalar], if_match: str | None, expected_entry: int | None
) -> Response:
    def act(engine: Engine) -> Answer:
        seen = seen_by(if_match, expected_entry)
        known = {"expected_entry": seen.entry, "expected_seq": seen.seq}
        happening = _event(call, engine, ref, event, answers)
        try:
            done = fire(engine, ref, happening, call.bearer.actor, call.now, **known)
        except CaseMovedError as error:
            raise as_failed(error, if_match) from error
        return _answer(call, done)

    return call.once(act)


def _previewed(call: Call, ref: str, event: str, answers: Mapping[str, Scalar]) -> Happened:
    happening = _event(call, call.engine, ref, event, answers)
    return happened_body(preview(call.engine, ref, happening, call.bearer.actor, call.now), call.language)


def _event(call: Call, engine: Engine, ref: str, event: str, answers: Mapping[str, Scalar]) -> Event:
    """Return an event with its answers in the types of the case's own version."""
    view = case_view(engine, ref, call.bearer.actor, call.now)
    return event_of(view, event, answers)


def event_of(view: CaseView, event: str, answers: Mapping[str, Scalar]) -> Event:
    """Return an event of a case with typed answers; raises `EventRefusedError` where its programme has none such."""
    transitions = view.rules.definition.transitions
    if event != Builtin.AMEND and event not in transitions:
        unknown = Refusal(Why.UNKNOWN_EVENT, shown(event), allowed=tuple(transitions))
        raise EventRefusedError(event, view.state, [unknown])
    return Event(event, typed(view.rules.definition.fields, answers))


def _answer(call: Call, done: Fired) -> Answer:
    return Answer(happened_body(done, call.language))
