"""Word of events leaves for other systems: claimed with a lease, signed, posted, written down. At least once.

As with other messages (`engine.delivering`) a retry is the same message, with the same id. A system that is away makes
its own subscription rest, and holds up no other.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import random
from typing import Any

import structlog
from sqlalchemy import Row

from engine.parts import Engine, HookPost
from notifications.channels.webhooks import HookUrlError, signed_headers
from notifications.outcomes import DeliveryFailed
from storage import holding, webhooks
from storage.outbox import lease_time

log = structlog.get_logger(__name__)

BATCH = 10
LEASE = timedelta(seconds=120)  # longer than a whole batch takes at ten seconds each
# After attempt 1, 2, 3 …; then the message is given up (Standard Webhooks' own schedule).
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000))
GONE = "http_410"  # the other system wants no more of it


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of messages: taken, to be tried again, given up."""

    done: int = 0
    later: int = 0
    dead: int = 0

    def __add__(self, other: "Posted") -> "Posted":
        return Posted(self.done + other.done, self.later + other.later, self.dead + other.dead)

    @property
    def handled(self) -> int:
        """Return how many there were."""
        return self.done + self.later + self.dead


def deliver_webhooks(
    engine: Engine, now: datetime, clock: Callable[[], datetime] | None = None, limit: int = BATCH
) -> Posted:
    """Post what may leave at `now` (UTC), until nothing more may. Any number of processes may do so at once.

    Args:
        engine: the parts; without a way out for webhooks everything waits.
        now: the instant, UTC.
        clock: tells the time anew for every claim; without it all happens at `now`.
        limit: how many messages one claim takes.
    """
    if engine.hooks is None:
        return Posted()
    moment = clock or (lambda: now)
    total = Posted()
    while True:
        done = _round(engine, engine.hooks, moment(), limit)
        total += done
        if done.handled == 0:
            return total


def _round(engine: Engine, post: HookPost, now: datetime, limit: int) -> Posted:
    with engine.database.write() as connection:
        if holding.HOLD in holding.marks(connection):
            return Posted()  # restored from a backup: what is here may have left from the house that was lost
        leases = lease_time(connection, now, engine.real_time)
        claimed = webhooks.claim_messages(connection, now, leases, leases + LEASE, limit)
    total, resting = Posted(), set[int]()
    for row in claimed:
        if row.webhook_id in resting:
            total += _put_back(engine, row)
            continue
        failure = _posted(engine, post, row, now)
        total += _settled(engine, row, failure, now)
        if failure is not None:
            resting.add(row.webhook_id)
    return total


def _posted(engine: Engine, post: HookPost, row: Row[Any], now: datetime) -> DeliveryFailed | None:
    """Post one message; return how it failed, None when it was taken."""
    body = payload_of(row)
    try:
        url = engine.secrets.open(f"webhook|{row.webhook_id}|url", row.sealed_url)
        secret = engine.secrets.open(f"webhook|{row.webhook_id}|secret", row.sealed_secret)
        post.send(url, signed_headers(secret, message_id(row), now, body), body, now)
    except DeliveryFailed as failure:
        return failure
    except HookUrlError:
        return DeliveryFailed("webhook_url", permanent=True)
    except Exception as error:  # noqa: BLE001 - one message never stops the ones behind it
        log.error("webhook_poisoned", message_id=row.id, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return DeliveryFailed("poison", permanent=True)
    return None


def _settled(engine: Engine, row: Row[Any], failure: DeliveryFailed | None, now: datetime) -> Posted:
    with engine.database.write() as connection:
        if failure is None:
            settled = {"status": webhooks.DONE, "error": None, "done_at": now}
            webhooks.settle_message(connection, row.id, row.lease, **settled)
            return Posted(done=1)
        wait = _wait(row.attempts, failure)
        if wait is None:
            webhooks.settle_message(
                connection, row.id, row.lease, status=webhooks.DEAD, error=failure.code, done_at=now
            )
            rest = {"active": False} if failure.code == GONE else {"rests_until": now + WAITS[0]}
            webhooks.write_webhook(connection, row.webhook_id, **rest)
            log.warning("webhook_given_up", message_id=row.id, webhook_id=row.webhook_id, error=failure.code)
            return Posted(dead=1)
        later = {"status": webhooks.QUEUED, "not_before": now + wait, "error": failure.code}
        webhooks.settle_message(connection, row.id, row.lease, **later)
        webhooks.write_webhook(connection, row.webhook_id, rests_until=now + min(wait, WAITS[1]))
        return Posted(later=1)


def _put_back(engine: Engine, row: Row[Any]) -> Posted:
    """Leave a message as it was: the one before it has just failed at the same address."""
    with engine.database.write() as connection:
        as_before = {"status": webhooks.QUEUED, "attempts": row.attempts - 1}
        webhooks.settle_message(connection, row.id, row.lease, **as_before)
    return Posted(later=1)


def _wait(attempts: int, failure: DeliveryFailed) -> timedelta | None:
    if failure.permanent or failure.code == GONE or attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * (1 + 0.2 * random())  # noqa: S311 - so that many do not come back together
    return max(wait, failure.retry_after or timedelta(0))


def message_id(row: Row[Any]) -> str:
    """Return what names an event everywhere: its case and its place in the case's history."""
    return f"{row.ref}.{row.seq}"


def payload_of(row: Row[Any]) -> bytes:
    """Return what is posted: which event of which case led to which state, and when. Nothing that was answered."""
    told = {
        "type": row.event,
        "timestamp": row.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "id": message_id(row),
            "case": row.ref,
            "programme": row.programme,
            "event": row.event,
            "state": row.case_state,
        },
    }
    return json.dumps(told, separators=(",", ":")).encode()
