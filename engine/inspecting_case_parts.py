"""What a case's page is made of: values without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from access.rules import Action
from engine.urgency import Band
from workflows.case import Snapshot
from workflows.guards import Value
from workflows.model import Field, Text
from workflows.planning import Rules
from workflows.refusals import Refusal


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One thing the case knows. A personal value is never here: it is None and read through `person_of`.

    Attributes:
        choice: the title of the value, for fields of choices.
    """

    name: str
    title: Text
    value: Value
    personal: bool = False
    choice: Text | None = None


@dataclass(frozen=True, slots=True)
class SlotLine:
    """Whom a rung addresses: a role through a channel, and the name of the one it leads to today."""

    role: str
    title: Text
    channel: str
    name: str | None


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """A deadline of the case, open or ended. `next_at` is UTC; `explanation` says why the date is what it is."""

    kind: str
    title: Text
    due_on: date
    days: int
    status: str  # "open", or what it became: met, left, void, moved
    occurrence: int
    band: Band
    paused: bool
    quiet: str | None
    quiet_until: date | None
    next_at: datetime | None
    next_slots: tuple[SlotLine, ...]
    rungs_done: int
    rungs: int
    explanation: Text | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """Something that happened to the case, or a message that left about it. `at` is UTC."""

    at: datetime
    kind: Literal["event", "message"]
    title: Text
    by: str | None  # a name; None for the system and the command line
    actor: str  # "staff", "system", "cli"
    name: str  # of the event, or of the message's kind
    state: Text | None = None  # the state it led to, where it changed
    answers: tuple[FieldLine, ...] = ()
    to: SlotLine | None = None
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A field that a move asks for."""

    field: Field
    required: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A transition of the programme: possible for this actor now, or every reason why not."""

    name: str
    title: Text
    to: Text | None  # the state it leads to; None when the state stays
    by: tuple[Text, ...]
    asks: tuple[AskedLine, ...]
    possible: bool
    why_not: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class PauseLine:
    """A pause; `until_on` None while it runs."""

    kind: str
    title: Text
    from_on: date
    until_on: date | None
    stops: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """The latest invitation of a meeting. `starts_at` is UTC."""

    kind: str
    title: Text
    starts_at: datetime
    minutes: int
    place: Text | None
    to: tuple[Text, ...]
    live: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything one page shows of a case, as its reader may see it. `snapshot` holds no personal value.

    Attributes:
        may: what the reader may do with the case (FIRE is answered per move).
        disclosed_only: the reader is its handler at another authority, and this is what was disclosed to her.
    """

    ref: str
    programme: str
    version: str
    title: Text
    state: str
    state_title: Text
    final: bool
    unit: str
    coordinator: str | None
    handler: str | None
    opened_at: datetime
    closed_at: datetime | None
    entry_seq: int
    snapshot: Snapshot
    rules: Rules
    fields: tuple[FieldLine, ...]
    facts: Mapping[str, Value]
    deadlines: tuple[DeadlineLine, ...]
    timeline: tuple[TimelineLine, ...]
    moves: tuple[Move, ...]
    pauses: tuple[PauseLine, ...]
    meetings: tuple[MeetingLine, ...]
    may: frozenset[Action]
    disclosed_only: bool = False
