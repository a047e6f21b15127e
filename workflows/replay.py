"""A case folded from its history: the same events, decided again at their own times, must give the same case."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workflows.case import Event, Snapshot
from workflows.errors import BevakaError
from workflows.machine import decide
from workflows.planning import Rules
from workflows.undoing import Past


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event of a history: what happened, when it was decided, and under which version of the programme."""

    event: Event
    at: datetime
    version: str


class EmptyHistoryError(BevakaError):
    """A case without history cannot be replayed."""

    def __init__(self) -> None:
        super().__init__("the history is empty")


def replay(history: Iterable[Recorded], rules_at: Callable[[str, datetime], Rules]) -> Snapshot:
    """Return the case its history leads to.

    Args:
        history: the events in order, `case.open` first.
        rules_at: gives the rules of a version with the calendar that was in force at an instant.

    Raises:
        EmptyHistoryError: there is no event.
        EventRefusedError: an event could not have happened; the history or the definition has been tampered with.
    """
    snapshot: Snapshot | None = None
    past: Past | None = None
    for recorded in history:
        rules = rules_at(recorded.version, recorded.at)
        before, snapshot = snapshot, decide(rules, snapshot, recorded.event, recorded.at, past).after
        past = Past(recorded.event, recorded.at, before) if before is not None else None
    if snapshot is None:
        raise EmptyHistoryError
    return snapshot


def last_event(history: Sequence[Recorded], rules_at: Callable[[str, datetime], Rules]) -> Past | None:
    """Return the last event of a history with the case before it; None when it only opened the case.

    Raises:
        EmptyHistoryError, EventRefusedError: as `replay`.
    """
    *earlier, last = history
    return Past(last.event, last.at, replay(earlier, rules_at)) if earlier else None
