"""What a workflow's answer means (facts/notifications.md §1)."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from notifications.outcomes import Accepted, DeliveryFailed

LONGEST_WAIT = timedelta(hours=24)

_RETRIED = frozenset({408, 412, 429})
_SUSPECT = frozenset({401, 403, 404, 410})
# Seen with status 200: "Webhook message delivery failed with error: … returned HTTP error 429" (msteams-docs#7425).
_ERROR_IN_BODY = re.compile(rb"HTTP error (\d{3})")


def judge(status: int, body: bytes, retry_after: str | None, now: datetime) -> Accepted:
    """Decide what an answer means.

    Args:
        status: The HTTP status.
        body: Its beginning.
        retry_after: The header, in seconds or as an HTTP date, if there is one.
        now: The moment, to turn a date into a wait.

    Raises:
        DeliveryFailed: The message was not taken.
    """
    status = _status_told_in_body(status, body)
    if 200 <= status <= 299:
        return Accepted(str(status))
    if 300 <= status <= 399:
        raise DeliveryFailed("http_redirect", permanent=True, channel_broken=True)
    if status in _RETRIED or 500 <= status <= 599:
        raise DeliveryFailed(f"http_{status}", retry_after=read_retry_after(retry_after, now))
    if status in _SUSPECT:
        raise DeliveryFailed(f"http_{status}", channel_broken=True)
    if 400 <= status <= 499:
        raise DeliveryFailed(f"http_{status}", permanent=True)
    raise DeliveryFailed("protocol")


def _status_told_in_body(status: int, body: bytes) -> int:
    told = _ERROR_IN_BODY.search(body) if 200 <= status <= 299 else None
    return int(told[1]) if told and told[1] >= b"400" else status


def read_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header; None when it is absent or unreadable. Never negative, never above a day."""
    wait = _wait(value, now) if value else None
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_WAIT)


def _wait(value: str, now: datetime) -> timedelta | None:
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value[:9]))
    try:
        moment = parsedate_to_datetime(value)
        return moment - now
    except (TypeError, ValueError, OverflowError):
        return None
