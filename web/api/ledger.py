"""What became of every rung, and the messages on their way."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from access.rules import Action
from engine.inspecting import LedgerFilter, LedgerLine, OutboxLine, ledger_lines, outbox_lines
from engine.parts import Engine
from engine.resending import reroute, retry
from web.api.calls import PREFIX, Answer, ApiRoute, CallDep
from web.api.listing import MOST, Paged, next_link
from web.api.shapes import Day, IdPath, Instant, Name, Ref, Shape
from web.api.shapes import Query as Asked
from web.languages import Language

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["messages"])


class LedgerQuery(Paged):
    """Which entries are wanted; `since` and `until` are days in Stockholm, both included."""

    outcome: Literal["sent", "collapsed", "suppressed", "failed", "queued"] | None = None
    reason: Name | None = None
    ref: Ref | None = None
    since: Day | None = None
    until: Day | None = None


class LedgerEntry(Shape):
    """What became of one rung for one recipient."""

    ref: str
    deadline: str
    deadline_title: str
    due_on: date
    rung: str
    slot: str
    outcome: str
    reason: str | None
    late: bool
    decided_at: Instant
    settled_at: Instant | None
    staff: str | None
    message_id: str | None


class LedgerPage(Shape):
    """A page of the ledger, the newest first; `counts` by outcome, whatever outcome was asked for."""

    entries: list[LedgerEntry]
    counts: dict[str, int]
    next_cursor: str | None


class OutboxQuery(Asked):
    """Which messages are wanted."""

    state: Literal["queued", "sending", "done", "dead"] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class OutboxMessage(Shape):
    """A message on its way, or what became of it."""

    id: int
    kind: str
    channel: str
    slot: str
    ref: str | None
    staff: str | None
    state: str
    attempts: int
    not_before: Instant
    error: str | None
    outcome: str | None
    reason: str | None
    uncertain: bool
    created_at: Instant
    done_at: Instant | None


class Outbox(Shape):
    """Messages, the newest first."""

    messages: list[OutboxMessage]


class OtherWay(Shape):
    """The role to tell instead; null: the nearest level."""

    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class Resent(Shape):
    """It is back in the queue, or on its way to another role."""

    id: int
    role: str | None


@router.get("/ledger", operation_id="list_ledger", response_model=LedgerPage)
def tell_ledger(call: CallDep, query: Annotated[LedgerQuery, Query()]) -> Response:
    """Give what became of every rung of the cases this token may see."""
    filters = LedgerFilter(query.outcome, query.reason, query.ref, query.since, query.until)
    actor = call.acting(Action.SEE_CASE)
    found = ledger_lines(call.engine, actor, call.now, filters, query.limit, query.cursor)
    body = LedgerPage(
        entries=[_entry(line, call.language) for line in found.lines],
        counts=dict(found.counts),
        next_cursor=found.next_cursor,
    )
    return call.answer(body, headers=next_link(call, found.next_cursor))


@router.get("/outbox", operation_id="list_outbox", response_model=Outbox)
def tell_outbox(call: CallDep, query: Annotated[OutboxQuery, Query()]) -> Response:
    """Give the messages about the cases this token may see."""
    actor = call.acting(Action.SEE_OUTBOX)
    lines = outbox_lines(call.engine, actor, call.now, query.state, query.limit)
    return call.answer(Outbox(messages=[_message(line) for line in lines]))


@router.post("/outbox/{message_id}/retry", operation_id="retry_message", response_model=Resent)
def receive_retry(call: CallDep, message_id: IdPath) -> Response:
    """Put a failed message back in the queue: the same one, marked where it may have left already."""
    actor = call.acting(Action.RESEND)

    def act(engine: Engine) -> Answer:
        retry(engine, message_id, actor, call.now)
        return Answer(Resent(id=message_id, role=None))

    return call.once(act)


@router.post("/outbox/{message_id}/reroute", operation_id="reroute_message", response_model=Resent)
def receive_other_way(call: CallDep, message_id: IdPath, wanted: OtherWay) -> Response:
    """Send what a message says another way: by email to another role."""
    actor = call.acting(Action.RESEND)

    def act(engine: Engine) -> Answer:
        return Answer(Resent(id=message_id, role=reroute(engine, message_id, wanted.role, actor, call.now)))

    return call.once(act)


def _entry(line: LedgerLine, language: Language) -> LedgerEntry:
    return LedgerEntry(
        ref=line.ref,
        deadline=line.deadline,
        deadline_title=line.deadline_title.in_language(language),
        due_on=line.due_on,
        rung=line.rung,
        slot=line.slot,
        outcome=line.outcome,
        reason=line.reason,
        late=line.late,
        decided_at=line.decided_at,
        settled_at=line.settled_at,
        staff=line.staff,
        message_id=line.message_id,
    )


def _message(line: OutboxLine) -> OutboxMessage:
    return OutboxMessage(
        id=line.id,
        kind=line.kind,
        channel=line.channel,
        slot=line.slot,
        ref=line.ref,
        staff=line.staff,
        state=line.state,
        attempts=line.attempts,
        not_before=line.not_before,
        error=line.error,
        outcome=line.outcome,
        reason=line.reason,
        uncertain=line.uncertain,
        created_at=line.created_at,
        done_at=line.done_at,
    )
