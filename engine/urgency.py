"""How urgent a case is: by its most urgent open deadline that is not paused."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

WEEK = timedelta(days=7)


class Band(StrEnum):
    """How urgent a case is, by its most urgent open deadline that is not paused."""

    OVERDUE = "overdue"
    WEEK = "week"  # due today or within seven days
    LATER = "later"
    PAUSED = "paused"  # all that is open stands still
    NONE = "none"  # nothing is open


DATED = (Band.OVERDUE, Band.WEEK, Band.LATER)


def band_of(due_on: date | None, paused: bool, today: date) -> Band:
    """Return how urgent an open deadline is; None means that there is none."""
    if due_on is None:
        return Band.NONE
    if paused:
        return Band.PAUSED
    if due_on < today:
        return Band.OVERDUE
    return Band.WEEK if due_on <= today + WEEK else Band.LATER


def quiet_now(stored: Sequence[Any] | None, today: date) -> tuple[str | None, date | None]:
    """Return the kind and end of a quiet that still lasts, as stored in `deadline.quiet`."""
    if not stored or date.fromisoformat(stored[1]) <= today:
        return None, None
    return stored[0], date.fromisoformat(stored[1])
