"""Webhooks: another system is told of events. Set up, looked at, removed, and told once more by who runs the house."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from access.actors import Actor
from access.rules import Action
from engine.announcing import EVERY_EVENT
from engine.authorising import authorise_anywhere
from engine.parts import Engine
from engine.staffing import BadEntryError
from engine.webhook_delivering import message_id
from notifications.channels.webhooks import HookSettings, check_hook_url, label_of, new_secret
from storage import webhooks
from workflows.errors import BevakaError

MOST_WEBHOOKS, MOST_EVENTS = 50, 50
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,18})?|\*", re.ASCII)


class UnknownWebhookError(BevakaError):
    """There is no such webhook, or no such message of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no webhook or message {number}")


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A subscription as it is shown: never its address or its secret. Instants are UTC."""

    id: int
    label: str
    events: tuple[str, ...]
    active: bool
    created_at: datetime
    rests_until: datetime | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A subscription that was just made, and its secret, told once."""

    line: WebhookLine
    secret: str


@dataclass(frozen=True, slots=True)
class WebhookMessageLine:
    """Word of one event to one subscriber, and what became of it. Instants are UTC."""

    id: int
    event_id: str
    ref: str
    event: str
    state: str
    at: datetime
    status: str
    attempts: int
    not_before: datetime
    error: str | None
    done_at: datetime | None


def add_webhook(
    engine: Engine, url: str, events: Sequence[str], settings: HookSettings, actor: Actor, now: datetime
) -> MadeWebhook:
    """Tell another system of these events from now on ("*": of all).

    Raises:
        NotAllowedError: the actor does not run the system.
        HookUrlError: the address may not be used. It is not quoted.
        BadEntryError: an event that cannot be, or too many subscriptions.
    """
    authorise_anywhere(actor, Action.RUN)
    wanted, parts, secret = _events(events), check_hook_url(url, settings), new_secret()
    with engine.database.write() as connection:
        if len(webhooks.webhooks(connection)) >= MOST_WEBHOOKS:
            raise BadEntryError("url", f"at most {MOST_WEBHOOKS} webhooks")
        number = webhooks.insert_webhook(connection, label_of(parts), now)
        sealed = {
            "sealed_url": engine.secrets.seal(f"webhook|{number}|url", url),
            "sealed_secret": engine.secrets.seal(f"webhook|{number}|secret", secret),
        }
        webhooks.write_webhook(connection, number, active=True, **sealed)
        webhooks.write_events(connection, number, wanted)
        return MadeWebhook(_line(connection, number), secret)


def change_webhook(
    engine: Engine, number: int, actor: Actor, *, active: bool | None = None, events: Sequence[str] | None = None
) -> WebhookLine:
    """Let a webhook rest or go on, or want other events; raises `UnknownWebhookError` and as `add_webhook`."""
    authorise_anywhere(actor, Action.RUN)
    wanted = _events(events) if events is not None else None
    with engine.database.write() as connection:
        values = {"rests_until": None} | ({"active": active} if active is not None else {})
        if not webhooks.write_webhook(connection, number, **values):
            raise UnknownWebhookError(number)
        if wanted is not None:
            webhooks.write_events(connection, number, wanted)
        return _line(connection, number)


def remove_webhook(engine: Engine, number: int, actor: Actor) -> None:
    """Tell a system nothing more, nor what still waits; raises `NotAllowedError`, `UnknownWebhookError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.write() as connection:
        if not webhooks.write_webhook(connection, number, active=False, removed=True):
            raise UnknownWebhookError(number)


def webhook_lines(engine: Engine, actor: Actor) -> tuple[WebhookLine, ...]:
    """Return every webhook; raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        return _lines(connection, webhooks.webhooks(connection))


def webhook_line(engine: Engine, number: int, actor: Actor) -> WebhookLine:
    """Return one webhook; raises `NotAllowedError`, `UnknownWebhookError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        return _line(connection, number)


def message_lines(
    engine: Engine, number: int, actor: Actor, before: int | None = None, limit: int = 50
) -> tuple[WebhookMessageLine, ...]:
    """Return what was or will be posted to a webhook, the newest first; raises as `webhook_line`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        _line(connection, number)
        return tuple(_message(row) for row in webhooks.messages_of(connection, number, before, limit))


def redeliver(engine: Engine, number: int, message: int, actor: Actor, now: datetime) -> WebhookMessageLine:
    """Post a message once more, with the same id, whatever became of it; raises as `webhook_line`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.write() as connection:
        _line(connection, number)
        if webhooks.find_message(connection, number, message) is None:
            raise UnknownWebhookError(message)
        webhooks.queue_again(connection, message, now)
        webhooks.write_webhook(connection, number, rests_until=None)
        row = webhooks.find_message(connection, number, message)
    engine.nudge()
    if row is None:
        raise UnknownWebhookError(message)
    return _message(row)


def _events(events: Sequence[str]) -> list[str]:
    wanted = sorted(set(events))
    if not wanted or len(wanted) > MOST_EVENTS or not all(_EVENT.fullmatch(name) for name in wanted):
        raise BadEntryError("events", f"1 to {MOST_EVENTS} names of events, or {EVERY_EVENT}")
    return wanted


def _line(connection: Connection, number: int) -> WebhookLine:
    row = webhooks.find_webhook(connection, number)
    if row is None:
        raise UnknownWebhookError(number)
    return _lines(connection, [row])[0]


def _lines(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[WebhookLine, ...]:
    events, counts = webhooks.events_of(connection), webhooks.counts(connection)
    return tuple(
        WebhookLine(
            row.id,
            row.label,
            tuple(events.get(row.id, ())),
            row.active,
            row.created_at,
            row.rests_until,
            counts.get((row.id, webhooks.QUEUED), 0) + counts.get((row.id, webhooks.SENDING), 0),
            counts.get((row.id, webhooks.DEAD), 0),
        )
        for row in rows
    )


def _message(row: Row[Any]) -> WebhookMessageLine:
    return WebhookMessageLine(
        row.id,
        message_id(row),
        row.ref,
        row.event,
        row.case_state,
        row.at,
        row.status,
        row.attempts,
        row.not_before,
        row.error,
        row.done_at,
    )
