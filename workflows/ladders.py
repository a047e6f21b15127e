"""The rungs of a ladder: when each comes, and what becomes of those that are due. Pure.

Every (rung, slot) ends in one ledger entry. A slot is who is addressed through what: `coordinator:email`, `unit:teams`.
Slots follow from the definition alone; which person holds the role is found when the message is sent (DESIGN §5).
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from workflows.calendar import Calendar
from workflows.case import Quiet, QuietKind
from workflows.dates import Span, Unit, WorkingHours, at_local, local_date, shift
from workflows.model import Deadline, Level, Rung

CACHED = 1024  # dates whose steps are remembered: more would make memory grow with the number of open deadlines
TEAM_SLOT = "unit:teams"
NOMINAL_DAYS = {Unit.DAYS: 1.0, Unit.WORKING_DAYS: 1.4, Unit.WEEKS: 7.0, Unit.MONTHS: 30.44, Unit.YEARS: 365.25}


class Outcome(StrEnum):
    """What became of a rung. `queued` is on its way; every other is final."""

    QUEUED = "queued"
    SENT = "sent"
    COLLAPSED = "collapsed"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a rung was not sent as such."""

    NEWER_RUNG = "newer_rung"  # a newer rung to the same slot was due at the same time, or overtook it unsent
    SAME_PERSON = "same_person"  # one person holds two of the rung's roles
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    MET = "met"
    LEFT = "left"
    VOID = "void"
    MOVED = "moved"
    PAUSED = "paused"
    NO_CONSENT = "no_consent"
    NOBODY_FOUND = "nobody_found"
    NO_CHANNEL = "no_channel"  # the unit has no Teams connection
    UNDELIVERABLE = "undeliverable"
    EMPTY_DIGEST = "empty_digest"
    DROPPED = "dropped"  # held after an outage or a restore, and a human decided that it is not to leave
    RESTORED = "restored"  # done by the ladder that an event had ended which was undone
    REROUTED = "rerouted"  # a human decided that it is to go another way


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One moment of a ladder. `key` is the rung's, with `#2`, `#3` … for its repeats."""

    index: int
    key: str
    rung: Rung
    repeated: bool
    at: datetime  # UTC
    on: date  # the same in Stockholm
    slots: tuple[str, ...]  # whom this step addresses, each once


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of one slot of one due step."""

    key: str
    slot: str
    outcome: Outcome
    reason: Reason | None
    late: bool


@dataclass(frozen=True, slots=True)
class LadderState:
    """Where a ladder stands: the date, the next step not yet accounted for, and whether it is asked to be quiet."""

    due_on: date
    next_rung: int = 0
    quiet: Quiet | None = None
    quiet_told: bool = True  # the end of the quiet has been told (or there was none)


@dataclass(frozen=True, slots=True)
class LadderMove:
    """What time has done to a ladder: entries for the ledger, and where it stands now."""

    entries: tuple[Entry, ...]
    state: LadderState
    next_at: datetime | None  # when to look again, UTC; None when no step is left


@lru_cache(maxsize=4096)
def slots_of(rung: Rung) -> tuple[str, ...]:
    """Return the slots of a rung in the definition's order."""
    mails = tuple(f"{role}:email" for role in dict.fromkeys(rung.to)) if "email" in rung.channels else ()
    return (*mails, TEAM_SLOT) if "teams" in rung.channels else mails


@lru_cache(maxsize=CACHED)
def ladder_steps(
    ladder: tuple[Rung, ...], due_on: date, calendar: Calendar, hours: WorkingHours
) -> tuple[LadderStep, ...]:
    """Return every step of a ladder in the order of time.

    Steps come on working days when the clinic opens: reminders before the date on the previous working day, escalations
    after it on the next, so that neither comes too late to be useful nor before it is true (DESIGN §5). The order of
    the steps does not depend on the date, so that a ladder whose date is moved by a pause goes on where it was; where
    holidays would turn two neighbours around, the later one waits for the earlier.
    """
    steps: list[LadderStep] = []
    for index, (key, rung, number) in enumerate(_in_order(ladder)):
        on = _day(rung, number, due_on, calendar)
        on = max(on, steps[-1].on) if steps else on
        steps.append(LadderStep(index, key, rung, number > 1, _opening(on, hours.opens), on, slots_of(rung)))
    return tuple(steps)


@lru_cache(maxsize=CACHED)
def ladder_marks(ladder: tuple[Rung, ...], due_on: date, calendar: Calendar, hours: WorkingHours) -> tuple[str, str]:
    """Return two short marks of a ladder: one of its steps in their order, one of the moments they come at.

    While the first stays, `next_rung` means the same step, and the ladder goes on where it was though a new version of
    the definition or a new calendar has moved its moments.
    """
    steps = ladder_steps(ladder, due_on, calendar, hours)
    return _mark([f"{step.key} {' '.join(step.slots)}" for step in steps]), _mark([str(step.at) for step in steps])


def _mark(words: list[str]) -> str:
    return sha256("\n".join(words).encode()).hexdigest()[:8]


@lru_cache(maxsize=1024)
def _in_order(ladder: tuple[Rung, ...]) -> tuple[tuple[str, Rung, int], ...]:
    """Return (key, rung, number of the repeat) by nominal distance from the date."""
    steps = [
        (f"{rung.key}#{number}" if number > 1 else rung.key, rung, number)
        for rung in ladder
        for number in range(1, (rung.repeat.at_most if rung.repeat else 1) + 1)
    ]
    return tuple(sorted(steps, key=lambda step: _nominal_days(step[1], step[2])))


def _nominal_days(rung: Rung, number: int) -> float:
    days = rung.at.sign * rung.at.span.count * NOMINAL_DAYS[rung.at.span.unit]
    return days + (number - 1) * rung.repeat.span.count * NOMINAL_DAYS[rung.repeat.span.unit] if rung.repeat else days


def _day(rung: Rung, number: int, due_on: date, calendar: Calendar) -> date:
    day = shift(due_on, rung.at.span, rung.at.sign, calendar)
    if rung.repeat and number > 1:
        day = shift(day, Span(rung.repeat.span.count * (number - 1), rung.repeat.span.unit), 1, calendar)
    escalates = rung.level is Level.ESCALATE
    return calendar.next_working_day(day) if escalates else calendar.previous_working_day(day)


@lru_cache(maxsize=CACHED)
def _opening(day: date, opens: time) -> datetime:
    return at_local(day, opens)


def next_moment(deadline: Deadline, state: LadderState, calendar: Calendar, hours: WorkingHours) -> datetime | None:
    """Return when the ladder has something to do next, or None when it has come to its end."""
    steps = ladder_steps(deadline.ladder, state.due_on, calendar, hours)
    return _next_at(steps, state, quiet_end(state.quiet, calendar, hours) if state.quiet else None)


def quiet_end(quiet: Quiet, calendar: Calendar, hours: WorkingHours) -> datetime:
    """Return when a quiet ends and says so: when the clinic opens on (or next after) its date."""
    return _opening(calendar.next_working_day(quiet.until_on), hours.opens)


def advance(
    deadline: Deadline, state: LadderState, now: datetime, calendar: Calendar, hours: WorkingHours
) -> LadderMove:
    """Account for every step that is due.

    For each slot the newest due step is sent and the older ones collapse into it: after an outage one message, not
    fourteen. A step that fell in a quiet is suppressed; when the quiet is over the one who asked for it is told.
    """
    steps = ladder_steps(deadline.ladder, state.due_on, calendar, hours)
    due = _due(steps, state.next_rung, now)
    quiet_until = quiet_end(state.quiet, calendar, hours) if state.quiet else None
    muted = {step.key for step in due if _is_held(step, state.quiet, quiet_until)}
    newest = {slot: step.key for step in due if step.key not in muted for slot in step.slots}
    today = local_date(now)
    entries = [_entry(step, slot, muted, newest, state.quiet, today) for step in due for slot in step.slots]
    tells = state.quiet is not None and not state.quiet_told and quiet_until is not None and quiet_until <= now
    if tells and state.quiet:
        entries.append(_quiet_over(deadline, state.quiet, newest))
    moved = LadderState(state.due_on, state.next_rung + len(due), state.quiet, state.quiet_told or tells)
    return LadderMove(tuple(entries), moved, _next_at(steps, moved, quiet_until))


def _due(steps: tuple[LadderStep, ...], first: int, now: datetime) -> list[LadderStep]:
    return [step for step in steps[first:] if step.at <= now]


def _next_at(steps: tuple[LadderStep, ...], state: LadderState, quiet_until: datetime | None) -> datetime | None:
    step_at = steps[state.next_rung].at if state.next_rung < len(steps) else None
    if quiet_until is None or state.quiet_told:
        return step_at
    return min(step_at, quiet_until) if step_at else quiet_until


def is_muted(step: LadderStep, quiet: Quiet | None, calendar: Calendar, hours: WorkingHours) -> bool:
    """Say whether a quiet holds a step back. An acknowledgement never holds the first escalation of a level."""
    return _is_held(step, quiet, quiet_end(quiet, calendar, hours) if quiet else None)


def _is_held(step: LadderStep, quiet: Quiet | None, quiet_until: datetime | None) -> bool:
    if quiet is None or quiet_until is None or step.at >= quiet_until:
        return False
    return quiet.kind is QuietKind.SNOOZED or step.rung.level is Level.REMIND or step.repeated


def _entry(
    step: LadderStep, slot: str, muted: set[str], newest: dict[str, str], quiet: Quiet | None, today: date
) -> Entry:
    late = step.on < today
    if step.key in muted and quiet:
        return Entry(step.key, slot, Outcome.SUPPRESSED, Reason(quiet.kind.value), late)
    if newest[slot] != step.key:
        return Entry(step.key, slot, Outcome.COLLAPSED, Reason.NEWER_RUNG, late)
    return Entry(step.key, slot, Outcome.QUEUED, None, late)


def _quiet_over(deadline: Deadline, quiet: Quiet, newest: dict[str, str]) -> Entry:
    slot, key = owner_slot(deadline), f"q{quiet.seq}"
    if slot in newest:
        return Entry(key, slot, Outcome.COLLAPSED, Reason.NEWER_RUNG, late=False)
    return Entry(key, slot, Outcome.QUEUED, None, late=False)


def owner_slot(deadline: Deadline) -> str:
    """Return the slot of the one who works with the deadline: the first mail slot of its ladder."""
    mails = (slot for rung in deadline.ladder for slot in slots_of(rung) if slot != TEAM_SLOT)
    return next(mails, "coordinator:email")


def settle(
    deadline: Deadline, state: LadderState, reason: Reason, calendar: Calendar, hours: WorkingHours
) -> tuple[Entry, ...]:
    """Account for every step that will not come any more because the deadline has ended."""
    steps = ladder_steps(deadline.ladder, state.due_on, calendar, hours)[state.next_rung :]
    entries = [Entry(s.key, slot, Outcome.SUPPRESSED, reason, late=False) for s in steps for slot in s.slots]
    if state.quiet and not state.quiet_told:
        entries.append(Entry(f"q{state.quiet.seq}", owner_slot(deadline), Outcome.SUPPRESSED, reason, late=False))
    return tuple(entries)
