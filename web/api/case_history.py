"""What has happened to a case: as people read it, and as its hash chain covers it."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response

from access.rules import Action
from engine.inspecting import HistoryLine, TimelineLine, case_view, history_lines
from web.api.calls import PREFIX, ApiRoute, CallDep
from web.api.shapes import Instant, RefPath, Scalar, Shape, plain
from web.languages import Language

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["history"])


class TimelineEntry(Shape):
    """Something that happened, or a message that left. Personal answers are null."""

    at: Instant
    kind: Literal["event", "message"]
    name: str
    title: str
    by: str | None
    actor: str
    state: str | None
    answers: dict[str, Scalar]
    to_role: str | None
    to_name: str | None
    channel: str | None
    outcome: str | None
    reason: str | None


class Timeline(Shape):
    """What has happened and what was sent, the newest first."""

    timeline: list[TimelineEntry]


class HistoryEntry(Shape):
    """One event as the hash chain covers it."""

    seq: int
    at: Instant
    actor: str | None
    actor_kind: str
    event: str
    event_title: str
    state_before: str | None
    state_after: str
    hash: str


class History(Shape):
    """The history of a case, oldest first, without what was answered."""

    history: list[HistoryEntry]


@router.get("/cases/{ref}/timeline", operation_id="get_timeline", response_model=Timeline)
def tell_timeline(call: CallDep, ref: RefPath) -> Response:
    """Give what has happened to a case and the latest messages about it."""
    view = case_view(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    return call.answer(Timeline(timeline=[_entry(line, call.language) for line in view.timeline]))


@router.get("/cases/{ref}/history", operation_id="get_history", response_model=History)
def tell_history(call: CallDep, ref: RefPath) -> Response:
    """Give the history of a case, row by row, with the hashes of its chain."""
    lines = history_lines(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    return call.answer(History(history=[_history(line, call.language) for line in lines]))


def _entry(line: TimelineLine, language: Language) -> TimelineEntry:
    return TimelineEntry(
        at=line.at,
        kind=line.kind,
        name=line.name,
        title=line.title.in_language(language),
        by=line.by,
        actor=line.actor,
        state=line.state.in_language(language) if line.state else None,
        answers={one.name: None if one.personal else plain(one.value) for one in line.answers},
        to_role=line.to.role if line.to else None,
        to_name=line.to.name if line.to else None,
        channel=line.to.channel if line.to else None,
        outcome=line.outcome,
        reason=line.reason,
    )


def _history(line: HistoryLine, language: Language) -> HistoryEntry:
    return HistoryEntry(
        seq=line.seq,
        at=line.at,
        actor=line.actor,
        actor_kind=line.actor_kind,
        event=line.event,
        event_title=line.event_title.in_language(language),
        state_before=line.state_before.in_language(language) if line.state_before else None,
        state_after=line.state_after.in_language(language),
        hash=line.hash,
    )
