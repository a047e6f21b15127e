"""Things that happen in the demo by themselves, one after another."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class Happenings(Protocol):
    """A list of what happens when; the time machine asks for the next one and lets it happen."""

    def next_at(self) -> datetime | None:
        """Return when something happens next, UTC; None when nothing more will."""

    def happen(self, at: datetime) -> None:
        """Let it happen."""


def earliest(happenings: Iterable[Happenings]) -> tuple[datetime, Happenings] | None:
    """Return what happens first, and when."""
    found = [(at, number, one) for number, one in enumerate(happenings) if (at := one.next_at()) is not None]
    return min((at, number, one) for at, number, one in found)[::2] if found else None
