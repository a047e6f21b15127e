"""Between the rows of deadlines and the pure ladder: where a ladder stands, as stored and as a value."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from workflows.case import Quiet, QuietKind
from workflows.ladders import LadderState


class StoredLadder(Protocol):
    """What a stored deadline tells of its ladder."""

    @property
    def due_on(self) -> date: ...  # noqa: D102
    @property
    def next_rung(self) -> int: ...  # noqa: D102
    @property
    def quiet(self) -> Sequence[Any] | None: ...  # noqa: D102
    @property
    def quiet_told(self) -> bool: ...  # noqa: D102


def ladder_state(row: StoredLadder | Any) -> LadderState:
    """Return where a stored ladder stands."""
    return LadderState(row.due_on, row.next_rung, quiet_of(row.quiet), row.quiet_told)


def quiet_of(stored: Sequence[Any] | None) -> Quiet | None:
    """Return a stored quiet."""
    return Quiet(QuietKind(stored[0]), date.fromisoformat(stored[1]), stored[2]) if stored else None


def quiet_json(quiet: Quiet | None) -> list[Any] | None:
    """Return a quiet as stored."""
    return [quiet.kind.value, quiet.until_on.isoformat(), quiet.seq] if quiet else None
