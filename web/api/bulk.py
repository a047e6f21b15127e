"""One transition of many cases: looked at first, then let happen, each case by itself and each told of."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, JsonValue

from access.rules import Action
from engine.firing import Fired, fire, preview
from engine.inspecting import case_view
from engine.parts import Engine
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.case_events import Entry, EventName, event_of
from web.api.event_shapes import Happened, happened_body
from web.api.problems import told
from web.api.shapes import Answers, Ref, Shape
from workflows.case import Event
from workflows.errors import BevakaError

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["events"])
MOST = 200


class CaseSeen(Shape):
    """A case, and the entry its sender saw."""

    ref: Ref
    expected_entry: Entry


class BulkTransition(Shape):
    """A transition of many cases, with the same answers."""

    event: EventName
    answers: Answers = Field(default_factory=dict)
    cases: Annotated[list[CaseSeen], Field(min_length=1, max_length=MOST)]


class BulkLine(Shape):
    """What became of one case: what happened, or the problem; a case that is refused changes nothing for others."""

    ref: str
    outcome: Literal["done", "refused"]
    happened: Happened | None
    problem: dict[str, JsonValue] | None


class BulkResult(Shape):
    """What became of every case, in the order they were named."""

    done: int
    refused: int
    cases: list[BulkLine]


One = Callable[[str, Event, int], Fired]


@router.post("/transitions/preview", operation_id="preview_bulk_transition", response_model=BulkResult)
def show_transitions(call: CallDep, wanted: BulkTransition) -> Response:
    """Say what a transition would lead to in each case; nothing happens."""
    actor = call.acting(Action.FIRE)

    def one(ref: str, event: Event, _entry: int) -> Fired:
        return preview(call.engine, ref, event, actor, call.now)

    return call.answer(_result(call, call.engine, wanted, one))


@router.post("/transitions", operation_id="fire_bulk_transition", response_model=BulkResult)
def receive_transitions(call: CallDep, wanted: BulkTransition) -> Response:
    """Let a transition happen to each case it can happen to; the others are told of with the reason."""
    actor = call.acting(Action.FIRE)

    def act(engine: Engine) -> Answer:
        def one(ref: str, event: Event, entry: int) -> Fired:
            return fire(engine, ref, event, actor, call.now, expected_entry=entry)

        return Answer(_result(call, engine, wanted, one))

    return call.once(act)


def _result(call: Call, engine: Engine, wanted: BulkTransition, one: One) -> BulkResult:
    lines = [_line(call, engine, wanted, seen, one) for seen in wanted.cases]
    done = sum(line.outcome == "done" for line in lines)
    return BulkResult(done=done, refused=len(lines) - done, cases=lines)


def _line(call: Call, engine: Engine, wanted: BulkTransition, seen: CaseSeen, one: One) -> BulkLine:
    try:
        view = case_view(engine, seen.ref, call.bearer.actor, call.now)
        fired = one(seen.ref, event_of(view, wanted.event, wanted.answers), seen.expected_entry)
    except BevakaError as error:
        return BulkLine(ref=seen.ref, outcome="refused", happened=None, problem=told(error, call.language))
    return BulkLine(ref=seen.ref, outcome="done", happened=happened_body(fired, call.language), problem=None)
