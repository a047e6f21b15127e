"""What a definition is once it has been read, checked and compiled. Immutable values; no behaviour but look-ups.

The reader (`workflows.reader`) is the only one that builds these; `decide` and the deadline planner only read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from workflows.dates import Offset, Roll, Span, WorkingHours
from workflows.guards import Guard


@dataclass(frozen=True, slots=True)
class Text:
    """A controlled text in both languages. Swedish is always there; English falls back to it."""

    sv: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in `language` ("sv" or "en")."""
        return self.en if language == "en" else self.sv


class FieldType(StrEnum):
    """The types a field of a case can have."""

    DATE = "date"
    DATETIME = "datetime"  # an instant, stored in UTC, asked for and shown in Stockholm time
    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a case knows. `personal` fields never reach a message, a log or a report."""

    name: str
    type: FieldType
    title: Text
    required: bool = False  # must be known when the case is opened
    personal: bool = False
    choices: Mapping[str, Text] = field(default_factory=dict)  # for CHOICE only
    visible_to: frozenset[str] = frozenset()  # roles; empty means every role of the case


class FactType(StrEnum):
    """The types of facts: what transitions have established, as opposed to what people filled in."""

    FLAG = "flag"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something transitions establish: a consent given, a meeting held. Dots may group names (`consent.given`)."""

    name: str
    type: FactType
    title: Text


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the programme. `party` names the organisation; `needs` gates every message to it."""

    name: str
    title: Text
    party: str = "region"
    needs: Guard | None = None
    above: str | None = None  # the role to ask when nobody holds this one


@dataclass(frozen=True, slots=True)
class State:
    """A state of the machine."""

    name: str
    title: Text
    final: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a transition asks for."""

    field: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class FactChange:
    """What a transition does to a fact: set a flag to `value`, or add `value` to a count."""

    fact: str
    value: bool | int


@dataclass(frozen=True, slots=True)
class Invite:
    """A meeting invitation that a transition sends (or withdraws, when `cancels`)."""

    kind: str  # names the meeting; one live invitation per kind and case
    at: str  # a DATETIME field; unused when cancelling
    minutes: int
    place: str | None  # a CHOICE field, so that no free text leaves the system
    to: tuple[str, ...]
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """An edge of the machine. `to` is None when the state stays (a meeting logged, a consent recorded)."""

    name: str
    title: Text
    sources: frozenset[str]
    to: str | None
    by: frozenset[str]
    asks: tuple[Asked, ...] = ()
    needs: tuple[Guard, ...] = ()
    sets: tuple[FactChange, ...] = ()
    invite: Invite | None = None
    undo: Span | None = None  # how long after it the last transition may be undone; None = never


@dataclass(frozen=True, slots=True)
class DueRule:
    """When a deadline is due: `offset` from the field `anchor`, once or (`every`) again and again until `until`."""

    offset: Offset
    anchor: str
    every: bool = False
    until: str | None = None  # a DATE field; an occurrence due on or after it does not open

    def __str__(self) -> str:
        """Return the rule in the definition's own words."""
        text = f"{'every ' if self.every else ''}{self.offset} {self.anchor}"
        return f"{text} until {self.until}" if self.until else text


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rung that comes again: every `span`, `at_most` times in all (the first one counted)."""

    span: Span
    at_most: int


class Level(StrEnum):
    """Whether a rung reminds (before or on the date) or escalates (after it)."""

    REMIND = "remind"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder. `key` is r1, r2 … for reminders and e1, e2 … for escalations."""

    key: str
    level: Level
    at: Offset
    to: tuple[str, ...]  # roles, resolved when sent
    channels: tuple[str, ...] = ("email",)
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date the case is watched against, with its ladder."""

    name: str
    title: Text
    due: DueRule
    region: frozenset[str]  # the states it is open in (`while`)
    met_by: frozenset[str]  # transitions
    ladder: tuple[Rung, ...]
    roll: Roll = Roll.NONE
    when: Guard | None = None  # opens only while this holds
    early: Span | None = None  # a meeting held earlier than this before the date does not meet a recurring deadline


@dataclass(frozen=True, slots=True)
class PauseKind:
    """A reason to stop the clock, and exactly which deadlines it stops."""

    name: str
    title: Text
    stops: frozenset[str]


@dataclass(frozen=True, slots=True)
class Intake:
    """Who may be opened as a case: ages, and whether only first-time grants are taken."""

    age_rule: str  # "sfb-33-18" or "between"
    age_from: int = 19
    age_to: int = 29
    first_grant_only: bool = False
    benefits: tuple[str, ...] = ("aktivitetsersattning",)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A goal of the programme. Counted by `reports`; the definition only says what and how much."""

    name: str
    title: Text
    goal_percent: int
    deadline: str | None = None  # share of cases whose `deadline` was met …
    within: Offset | None = None  # … within this of `anchor`
    anchor: str | None = None
    fact: str | None = None  # or share of cases with this flag …
    among: str | None = None  # … among those with this one; the others are undecided


@dataclass(frozen=True, slots=True)
class Costs:
    """How the programme's cost is split between funders, and its budgets in kronor by calendar year."""

    key: Mapping[str, int]  # funder -> percent, sums to 100
    titles: Mapping[str, Text]
    valid_from: date
    budget: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one programme, checked and compiled. `digest` is the SHA-256 of its canonical JSON."""

    programme: str
    version: str
    title: Text
    calendar: str
    hours: WorkingHours
    period_from: date | None
    period_until: date | None
    intake: Intake
    initial: str
    states: Mapping[str, State]
    fields: Mapping[str, Field]
    facts: Mapping[str, Fact]
    roles: Mapping[str, Role]
    transitions: Mapping[str, Transition]
    deadlines: Mapping[str, Deadline]
    pauses: Mapping[str, PauseKind]
    outcomes: Mapping[str, Text]
    kpis: Mapping[str, Kpi]
    costs: Costs | None
    digest: str
    source: str  # canonical JSON, what is stored and hashed

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the transitions that may be fired from `state`, in the order of the definition."""
        return tuple(t for t in self.transitions.values() if state in t.sources)
