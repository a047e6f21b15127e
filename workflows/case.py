"""A case as the machine sees it: an immutable snapshot, the events that change it, and what was decided.

Nothing here knows a person. `Snapshot` is everything `decide` needs, so a case can be replayed from its events alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from workflows.guards import Value


class Builtin(StrEnum):
    """Events every programme has. A definition's own transitions may not contain a dot, so the names cannot clash."""

    OPEN = "case.open"
    AMEND = "case.amend"  # fields are corrected or the period changes; open deadlines are re-anchored
    PAUSE = "case.pause"
    RESUME = "case.resume"
    RECOMPUTE = "case.recompute"  # the calendar has changed
    MIGRATE = "case.migrate"  # the case moves to another version of its programme
    ACKNOWLEDGE = "deadline.acknowledge"
    SNOOZE = "deadline.snooze"
    CONSENT = "consent.record"  # the terms of a consent; what `access.consents` says of it
    WITHDRAW = "consent.withdraw"
    UNDO = "case.undo"  # the last transition is taken back (`workflows.undoing`)
    DISCLOSE = "case.disclose"  # named fields were told to somebody on a legal ground
    BREAK_GLASS = "case.break_glass"  # a colleague of the unit saw the person for a while, with a reason


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a case. `answers` are typed values by field name."""

    name: str
    answers: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock of some deadlines stands still from `from_on` until (not including) `until_on`; None = paused."""

    kind: str
    from_on: date
    until_on: date | None = None


class QuietKind(StrEnum):
    """Why a ladder is quiet for a while."""

    ACKNOWLEDGED = "acknowledged"  # "I have it": reminders and repeats are held, first escalations are not
    SNOOZED = "snoozed"  # everything is held, never past the due date


@dataclass(frozen=True, slots=True)
class Quiet:
    """A ladder asked to be quiet until a date; `seq` is the event that asked."""

    kind: QuietKind
    until_on: date
    seq: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Where one kind of deadline stands during one stay in its states.

    Attributes:
        entry_seq: the event with which the case entered the deadline's states (the fence of the stay).
        occurrence: 0 for a single deadline, 1, 2, … for a recurring one.
        generation: counts new ladders for the same occurrence, begun when its date was moved by a new anchor.
        live: a deadline is open (or paused) right now.
        met: a single deadline has been met; it does not open again in this stay.
        anchor_on, base_on, due_on: the anchor's date, the rule's date before pauses and rolling, and the result.
        paused_days: how many days pauses have moved the date.
        paused: a pause holds it now.
        quiet: acknowledged or snoozed.
        met_on: the day a single deadline was met, or the latest occurrence of a recurring one.
        rule: the rule the date was reckoned by, in the words of the definition.
        marks: the steps, and the moments, that its ladder runs by (`ladders.ladder_marks`).
    """

    entry_seq: int
    occurrence: int = 0
    generation: int = -1
    live: bool = False
    met: bool = False
    anchor_on: date | None = None
    base_on: date | None = None
    due_on: date | None = None
    paused_days: int = 0
    paused: bool = False
    quiet: Quiet | None = None
    met_on: date | None = None
    rule: str = ""
    marks: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Invited:
    """The latest invitation of one meeting: what calendars out there believe."""

    sequence: int
    starts_at: datetime
    minutes: int
    place: str | None
    to: tuple[str, ...]
    live: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the machine knows of a case. `seq` counts its events, `entry_seq` entered the state."""

    state: str
    seq: int
    entry_seq: int
    data: Mapping[str, Value]
    watch: Mapping[str, Watch] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    invited: Mapping[str, Invited] = field(default_factory=dict)


class Became(StrEnum):
    """What happened to a deadline because of an event."""

    OPENED = "opened"
    MET = "met"
    LEFT = "left"  # the case left the states it is watched in
    VOID = "void"  # its condition no longer holds, its anchor is gone or the period is over
    MOVED = "moved"  # its anchor, rule or ladder changed; a new generation follows
    REVISED = "revised"  # same steps, but a new date, new moments, a pause or a quiet


@dataclass(frozen=True, slots=True)
class DeadlineKey:
    """Names one ladder of one case."""

    kind: str
    occurrence: int
    entry_seq: int
    generation: int


@dataclass(frozen=True, slots=True)
class DeadlineStep:
    """One change to one deadline; `watch` is how it stands afterwards."""

    key: DeadlineKey
    became: Became
    watch: Watch


@dataclass(frozen=True, slots=True)
class InvitationStep:
    """An invitation to send or withdraw; `invited` carries the raised SEQUENCE."""

    kind: str
    invited: Invited


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event leads to. A value: nothing has been written or sent."""

    event: Event
    before: Snapshot | None
    after: Snapshot
    deadlines: tuple[DeadlineStep, ...] = ()
    invitations: tuple[InvitationStep, ...] = ()
