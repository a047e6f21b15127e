"""Webhooks: other systems are told of events. The signature's secret is told once; the address never again."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from access.rules import Action
from engine.inspecting_pages import read_cursor, write_cursor
from engine.parts import Engine
from engine.subscribing import (
    WebhookLine,
    WebhookMessageLine,
    add_webhook,
    change_webhook,
    message_lines,
    redeliver,
    remove_webhook,
    webhook_line,
    webhook_lines,
)
from web.api.calls import PREFIX, Answer, ApiRoute, CallDep
from web.api.listing import Paged, next_link
from web.api.problems import ChannelAwayError
from web.api.shapes import IdPath, Instant, Shape

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["webhooks"])
WantedEvent = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,18})?|\*)$"),
    Field(description="A transition, a built-in event such as `case.open`, or `*`: every one."),
]
WantedEvents = Annotated[list[WantedEvent], Field(min_length=1, max_length=50)]


class NewWebhook(Shape):
    """Where to post, and of which events."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,1990}$")]
    events: WantedEvents


class WebhookChange(Shape):
    """What is to change; what is left out stays as it is."""

    active: bool | None = None
    events: WantedEvents | None = None


class Webhook(Shape):
    """A webhook; `label` is all of its address that is shown. After a failure it rests for a while."""

    id: int
    label: str
    events: list[str]
    active: bool
    created_at: Instant
    rests_until: Instant | None
    waiting: int
    dead: int


class WebhookMade(Webhook):
    """A webhook that was just made, and the secret of its signatures, told once."""

    secret: str


class Webhooks(Shape):
    """Every webhook."""

    webhooks: list[Webhook]


class WebhookMessage(Shape):
    """Word of one event: what became of it, and why it failed last."""

    id: int
    event_id: str
    ref: str
    event: str
    state: str
    at: Instant
    status: Literal["queued", "sending", "done", "dead"]
    attempts: int
    not_before: Instant
    error: str | None
    done_at: Instant | None


class WebhookMessages(Shape):
    """Messages of one webhook, the newest first."""

    messages: list[WebhookMessage]
    next_cursor: str | None


@router.get("/webhooks", operation_id="list_webhooks", response_model=Webhooks)
def tell_webhooks(call: CallDep) -> Response:
    """Give every webhook."""
    lines = webhook_lines(call.engine, call.acting(Action.RUN))
    return call.answer(Webhooks(webhooks=[Webhook(**_columns(line)) for line in lines]))


@router.post("/webhooks", operation_id="add_webhook", status_code=201, response_model=WebhookMade)
def receive_webhook(call: CallDep, wanted: NewWebhook) -> Response:
    """Tell another system of events from now on. The secret in the answer is told this once."""
    actor = call.acting(Action.RUN)

    def act(engine: Engine) -> Answer:
        if engine.hooks is None:
            raise ChannelAwayError
        made = add_webhook(engine, wanted.url, wanted.events, engine.hooks.settings, actor, call.now)
        body = WebhookMade(**_columns(made.line), secret=made.secret)
        return Answer(body, 201, {"Location": f"/api/v1/webhooks/{made.line.id}"})

    return call.once(act)


@router.get("/webhooks/{webhook_id}", operation_id="get_webhook", response_model=Webhook)
def tell_webhook(call: CallDep, webhook_id: IdPath) -> Response:
    """Give one webhook."""
    return call.answer(Webhook(**_columns(webhook_line(call.engine, webhook_id, call.acting(Action.RUN)))))


@router.patch("/webhooks/{webhook_id}", operation_id="change_webhook", response_model=Webhook)
def receive_change(call: CallDep, webhook_id: IdPath, wanted: WebhookChange) -> Response:
    """Let a webhook rest or go on, or want other events."""
    actor = call.acting(Action.RUN)

    def act(engine: Engine) -> Answer:
        line = change_webhook(engine, webhook_id, actor, active=wanted.active, events=wanted.events)
        return Answer(Webhook(**_columns(line)))

    return call.once(act)


@router.delete("/webhooks/{webhook_id}", operation_id="remove_webhook", status_code=204, response_class=Response)
def end_webhook(call: CallDep, webhook_id: IdPath) -> Response:
    """Tell a system nothing more, nor what still waits."""
    remove_webhook(call.engine, webhook_id, call.acting(Action.RUN))
    return call.answer(None, 204)


@router.get("/webhooks/{webhook_id}/messages", operation_id="list_webhook_messages", response_model=WebhookMessages)
def tell_messages(call: CallDep, webhook_id: IdPath, query: Annotated[Paged, Query()]) -> Response:
    """Give what was or will be posted to a webhook."""
    actor = call.acting(Action.RUN)
    before = int(read_cursor(query.cursor, int)[0]) if query.cursor else None
    lines = message_lines(call.engine, webhook_id, actor, before, query.limit + 1)
    shown = lines[: query.limit]
    cursor = write_cursor([shown[-1].id]) if len(lines) > query.limit else None
    body = WebhookMessages(messages=[_message(line) for line in shown], next_cursor=cursor)
    return call.answer(body, headers=next_link(call, cursor))


@router.post(
    "/webhooks/{webhook_id}/messages/{message_id}/redeliver",
    operation_id="redeliver_webhook_message",
    response_model=WebhookMessage,
)
def receive_redelivery(call: CallDep, webhook_id: IdPath, message_id: IdPath) -> Response:
    """Post a message once more, with the same id, whatever became of it."""
    actor = call.acting(Action.RUN)

    def act(engine: Engine) -> Answer:
        return Answer(_message(redeliver(engine, webhook_id, message_id, actor, call.now)))

    return call.once(act)


def _columns(line: WebhookLine) -> dict[str, Any]:
    plain = {name: getattr(line, name) for name in WebhookLine.__dataclass_fields__}
    return plain | {"events": list(line.events)}


def _message(line: WebhookMessageLine) -> WebhookMessage:
    return WebhookMessage(**{name: getattr(line, name) for name in WebhookMessageLine.__dataclass_fields__})
