"""Why an event is refused, in words a coordinator understands and facts a program can read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from workflows.errors import BevakaError


class Why(StrEnum):
    """The causes of a refusal."""

    UNKNOWN_EVENT = "unknown_event"
    WRONG_STATE = "wrong_state"
    GUARD = "guard"  # a condition does not hold; `clause` says which, `names` on what it depends
    MISSING_ANSWER = "missing_answer"
    BAD_ANSWER = "bad_answer"
    UNASKED_ANSWER = "unasked_answer"
    FUTURE_DATE = "future_date"
    WRONG_ROLE = "wrong_role"
    FINAL = "final"
    NOT_OPEN = "not_open"  # the deadline named is not open
    ALREADY_PAUSED = "already_paused"
    NOT_PAUSED = "not_paused"
    UNTIL_PAST = "until_past"
    UNTIL_AFTER_DUE = "until_after_due"
    NO_REASON = "no_reason"
    NOT_LAST = "not_last"  # something else has happened since: what is undone is the last event
    UNDO_OVER = "undo_over"  # the definition does not let it be undone, or no longer
    OUT_OF_CALENDAR = "out_of_calendar"  # a date would lie outside the years that can be counted with


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. `subject` is a field, deadline or clause of the definition: controlled words, never a value."""

    why: Why
    subject: str = ""
    names: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


_WORD = re.compile(r"[a-z][a-z0-9_.]{0,59}", re.ASCII)


def shown(name: str) -> str:
    """Return a name from outside if it looks like a word of a definition, else "?": it may be somebody's."""
    return name if _WORD.fullmatch(name) else "?"


class EventRefusedError(BevakaError):
    """The event may not happen now."""

    def __init__(self, event: str, state: str, refusals: Sequence[Refusal]) -> None:
        self.event = event
        self.state = state
        self.refusals = tuple(refusals)
        reasons = "; ".join(f"{r.why}{f' ({r.subject})' if r.subject else ''}" for r in self.refusals)
        super().__init__(f"{shown(event)} refused in state {state}: {reasons}")
