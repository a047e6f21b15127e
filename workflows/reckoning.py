"""Reckons the date of one deadline from its rule, its anchor, its pauses and the calendar, and keeps the parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflows.calendar import Calendar
from workflows.case import Pause
from workflows.dates import Span, local_date, roll, shift
from workflows.guards import Value
from workflows.model import Deadline


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The parts of one date, in the order they are reckoned."""

    anchor_on: date
    base_on: date
    paused_days: int
    due_on: date


def reckon(
    deadline: Deadline,
    occurrence: int,
    data: Mapping[str, Value],
    pauses: Iterable[Pause],
    calendar: Calendar,
    today: date,
) -> Reckoning | None:
    """Return the date of one occurrence, or None when its anchor is not known.

    The rule is counted from the anchor itself (never chained), moved by the days its pauses have lasted, then rolled
    (DESIGN §5; month ends by lag 1930:173).

    Raises:
        CalendarRangeError: the date lies outside the calendar.
    """
    anchor = as_date(data.get(deadline.due.anchor))
    if anchor is None:
        return None
    base = shift(anchor, span_of(deadline, occurrence), deadline.due.offset.sign, calendar)
    days = paused_days(pauses, counted_since(deadline, anchor), today)
    return Reckoning(anchor, base, days, roll(base + timedelta(days=days), deadline.roll, calendar))


def span_of(deadline: Deadline, occurrence: int) -> Span:
    """Return how far from the anchor an occurrence lies."""
    span = deadline.due.offset.span
    return Span(span.count * occurrence, span.unit) if deadline.due.every else span


def counted_since(deadline: Deadline, anchor: date) -> date:
    """Return the day from which pauses move the date.

    A pause before the anchor is already in the anchor; a date planned backwards is moved by every pause of the case.
    """
    return anchor if deadline.due.offset.sign >= 0 else date.min


def paused_days(pauses: Iterable[Pause], since: date, today: date) -> int:
    """Count the days of pauses from `since`, each day once however many share it; running ones count up to today."""
    total, covered = 0, since
    for start, end in sorted((p.from_on, p.until_on or today) for p in pauses):
        first = max(start, covered)
        if end > first:
            total += (end - first).days
            covered = end
    return total


def as_date(value: Value) -> date | None:
    """Return the Stockholm date of a date or instant; None for anything else."""
    if isinstance(value, datetime):
        return local_date(value)
    return value if isinstance(value, date) else None
