"""The deadlines of a case: where each stands, why its date is what it is, and asking its ladder to be quiet."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import StringConstraints

from access.rules import Action
from engine.inspecting import DeadlineLine, case_view
from web.api.calls import PREFIX, ApiRoute, CallDep
from web.api.case_events import IfMatch, steered
from web.api.case_shapes import BandName
from web.api.event_shapes import Happened
from web.api.shapes import TEXT_PATTERN, Day, Instant, NamePath, RefPath, Shape
from web.languages import Language
from workflows.case import Builtin
from workflows.explain import why_date

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["deadlines"])
ReasonText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT_PATTERN)]


class Recipient(Shape):
    """Whom the next step goes to: a role, through a channel; and who that is today, if anybody."""

    role: str
    channel: str
    name: str | None


class Deadline(Shape):
    """A deadline, open or ended. `days` below zero: overdue by so many; `next_at` is when its ladder goes on."""

    kind: str
    title: str
    status: str
    due_on: date
    days: int
    band: BandName
    occurrence: int
    paused: bool
    quiet: str | None
    quiet_until: date | None
    next_at: Instant | None
    next_to: list[Recipient]
    rungs_done: int
    rungs: int
    ended_at: Instant | None


class Deadlines(Shape):
    """The deadlines a case has had: the open ones by date, then the ended ones, the latest first."""

    deadlines: list[Deadline]


class WhyPart(Shape):
    """One sentence or more about one thing; `topic` stays the same."""

    topic: str
    text: str


class Why(Shape):
    """Why a deadline's date is what it is, or why it has none."""

    kind: str
    text: str
    parts: list[WhyPart]


class Acknowledgement(Shape):
    """I have it, until the day before this one; the date itself does not move."""

    until_on: Day


class Snooze(Shape):
    """Quiet until a day, not past the date, with a reason."""

    until_on: Day
    reason: ReasonText


@router.get("/cases/{ref}/deadlines", operation_id="list_deadlines", response_model=Deadlines)
def tell_deadlines(call: CallDep, ref: RefPath) -> Response:
    """Give the deadlines of a case."""
    view = case_view(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    return call.answer(Deadlines(deadlines=[_deadline(line, call.language) for line in view.deadlines]))


@router.get("/cases/{ref}/deadlines/{kind}/why", operation_id="explain_deadline", response_model=Why)
def tell_why(call: CallDep, ref: RefPath, kind: NamePath) -> Response:
    """Explain a deadline: the rule, the day it is counted from, the calendar, the pauses."""
    view = case_view(call.engine, ref, call.acting(Action.SEE_CASE), call.now)
    why = why_date(view.rules, view.snapshot, kind, call.now)
    parts = [WhyPart(topic=part.topic, text=part.text.in_language(call.language)) for part in why.parts]
    return call.answer(Why(kind=kind, text=why.en if call.language == "en" else why.sv, parts=parts))


@router.post("/cases/{ref}/deadlines/{kind}/acknowledge", operation_id="acknowledge_deadline", response_model=Happened)
def receive_acknowledgement(
    call: CallDep, ref: RefPath, kind: NamePath, wanted: Acknowledgement, if_match: IfMatch = None
) -> Response:
    """Say "I have it" until a day: reminders are held, first escalations are not."""
    return steered(call, ref, Builtin.ACKNOWLEDGE, {"deadline": kind, "until_on": wanted.until_on}, if_match)


@router.post("/cases/{ref}/deadlines/{kind}/snooze", operation_id="snooze_deadline", response_model=Happened)
def receive_snooze(call: CallDep, ref: RefPath, kind: NamePath, wanted: Snooze, if_match: IfMatch = None) -> Response:
    """Hold everything of a deadline until a day, with a reason."""
    answers: dict[str, str | date | None] = {"deadline": kind, "until_on": wanted.until_on, "reason": wanted.reason}
    return steered(call, ref, Builtin.SNOOZE, answers, if_match)


def _deadline(line: DeadlineLine, language: Language) -> Deadline:
    return Deadline(
        kind=line.kind,
        title=line.title.in_language(language),
        status=line.status,
        due_on=line.due_on,
        days=line.days,
        band=line.band.value,
        occurrence=line.occurrence,
        paused=line.paused,
        quiet=line.quiet,
        quiet_until=line.quiet_until,
        next_at=line.next_at,
        next_to=[Recipient(role=slot.role, channel=slot.channel, name=slot.name) for slot in line.next_slots],
        rungs_done=line.rungs_done,
        rungs=line.rungs,
        ended_at=line.ended_at,
    )
