"""The time a channel writes into headers. The demo and the tests hand in their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment by the computer's clock, in UTC."""
    return datetime.now(UTC)
