"""Which deadlines a case has open, and on which dates: one pure planner for every cause.

Opening, leaving, meeting, re-anchoring, pausing, a new holiday and a new definition all go through `plan`: it compares
what should be open with what is, and says the difference. So a preview is the same computation, not written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from workflows.calendar import Calendar
from workflows.case import Became, DeadlineKey, DeadlineStep, Pause, Quiet, QuietKind, Snapshot, Watch
from workflows.dates import local_date, shift
from workflows.guards import Value
from workflows.ladders import ladder_marks
from workflows.model import Deadline, Definition
from workflows.reckoning import Reckoning, as_date, paused_days, reckon

__all__ = ["Reckoning", "Rules", "as_date", "guard_values", "paused_days", "pauses_of", "plan", "reckon"]

MOST_OCCURRENCES = 400  # a recurring deadline every week for almost eight years; ends every search


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided by: a definition and the calendar in force."""

    definition: Definition
    calendar: Calendar


def guard_values(snapshot: Snapshot, now: datetime) -> Mapping[str, Value]:
    """Return the values guards look at: the case's fields and facts, and `today` in Stockholm."""
    return {**snapshot.data, "today": local_date(now)}


def pauses_of(definition: Definition, snapshot: Snapshot, kind: str) -> tuple[Pause, ...]:
    """Return the pauses that stop one kind of deadline, in the order they were begun."""
    kinds = definition.pauses
    return tuple(p for p in snapshot.pauses if p.kind in kinds and kind in kinds[p.kind].stops)


def plan(
    rules: Rules, was: Mapping[str, Watch], snapshot: Snapshot, fired: str, happened_on: date, now: datetime
) -> tuple[Snapshot, tuple[DeadlineStep, ...]]:
    """Bring the deadlines of a case in line with its state and data.

    Args:
        rules: the definition and calendar in force.
        was: the watches before the event.
        snapshot: the case after the event, its watches not yet planned.
        fired: the event's name; deadlines that name it in `met_by` are met.
        happened_on: the Stockholm date on which it happened (a meeting may be recorded days later).
        now: the instant of deciding, UTC.

    Returns:
        The snapshot with its new watches, and each change in the order of the definition.

    Raises:
        CalendarRangeError: a date would lie outside the calendar.
    """
    watches = dict(snapshot.watch)
    steps: list[DeadlineStep] = []
    for kind, deadline in rules.definition.deadlines.items():
        planner = _Planner(rules, snapshot, deadline, was.get(kind), now, local_date(now))
        watch, changes = planner.bring_in_line(watches.get(kind), fired, happened_on)
        steps.extend(changes)
        if watch is None:
            watches.pop(kind, None)
        else:
            watches[kind] = watch
    for kind in [k for k in watches if k not in rules.definition.deadlines]:
        steps.extend(_end(kind, watches.pop(kind), Became.VOID))
    return replace(snapshot, watch=watches), tuple(steps)


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans one kind of deadline of one case."""

    rules: Rules
    snapshot: Snapshot
    deadline: Deadline
    was: Watch | None
    now: datetime
    today: date  # in Stockholm

    def bring_in_line(
        self, watch: Watch | None, fired: str, happened_on: date
    ) -> tuple[Watch | None, list[DeadlineStep]]:
        steps: list[DeadlineStep] = []
        if watch and watch.live and fired in self.deadline.met_by and not self._too_early(watch, happened_on):
            steps.extend(_end(self.deadline.name, watch, Became.MET, happened_on))
            watch = self._after_meeting(watch, happened_on)
        if not self._watched_here():
            if watch:
                steps.extend(_end(self.deadline.name, watch, Became.LEFT))
            return None, steps
        if (
            watch and (watch.occurrence > 0) != self.deadline.due.every
        ):  # a new version made it recur, or stop recurring
            steps.extend(_end(self.deadline.name, watch, Became.VOID))
            watch = None
        watch, changes = self._open_or_revise(watch or self._fresh())
        return watch, steps + changes

    def _watched_here(self) -> bool:
        state = self.snapshot.state
        return state in self.deadline.region and not self.rules.definition.states[state].final

    def _fresh(self, occurrence: int = 1, met_on: date | None = None) -> Watch:
        number = occurrence if self.deadline.due.every else 0
        return Watch(entry_seq=self.snapshot.seq, occurrence=number, met_on=met_on)

    def _open_or_revise(self, watch: Watch) -> tuple[Watch, list[DeadlineStep]]:
        watch, ended = self._recounted(watch)
        reckoning = None if watch.met else self._wanted(watch.occurrence)
        if reckoning is None:
            ended += _end(self.deadline.name, watch, Became.VOID)
            return (replace(watch, live=False, quiet=None) if watch.live else watch), ended
        dated = self._dated(watch, reckoning)
        if not watch.live:
            opened, steps = self._opened(dated)
            return opened, ended + steps
        if self._needs_new_ladder(watch, dated):
            moved = _end(self.deadline.name, watch, Became.MOVED)
            opened, steps = self._opened(self._dated(replace(watch, live=False), reckoning))
            return opened, moved + steps
        if dated == self.was:
            return watch, []
        return dated, [DeadlineStep(_key(self.deadline.name, dated), Became.REVISED, dated)]

    def _recounted(self, watch: Watch) -> tuple[Watch, list[DeadlineStep]]:
        """Count a series anew when its anchor or rule has changed: its old number would lie far too late, or early."""
        if not self.deadline.due.every or watch.anchor_on is None:
            return watch, []
        anchor_on = as_date(self.snapshot.data.get(self.deadline.due.anchor))
        if anchor_on is None or (anchor_on, str(self.deadline.due)) == (watch.anchor_on, watch.rule):
            return watch, []
        occurrence = self._first_not_covered(watch.met_on)
        if occurrence == watch.occurrence:
            return watch, []
        became = Became.MOVED if self._wanted(occurrence) else Became.VOID
        return self._fresh(occurrence, watch.met_on), _end(self.deadline.name, watch, became)

    def _opened(self, dated: Watch) -> tuple[Watch, list[DeadlineStep]]:
        fresh = replace(dated, live=True, generation=dated.generation + 1, quiet=None)
        return fresh, [DeadlineStep(_key(self.deadline.name, fresh), Became.OPENED, fresh)]

    def _dated(self, watch: Watch, reckoning: Reckoning) -> Watch:
        # While a pause runs, the date is not known; the last one stays until the clock goes again.
        stands_still = self._paused_now() and watch.live and watch.due_on is not None
        due_on = watch.due_on if stands_still and watch.due_on else reckoning.due_on
        return replace(
            watch,
            anchor_on=reckoning.anchor_on,
            base_on=reckoning.base_on,
            due_on=due_on,
            paused_days=watch.paused_days if stands_still else reckoning.paused_days,
            paused=self._paused_now(),
            rule=str(self.deadline.due),
            quiet=_within(watch.quiet, due_on, self.today),
            marks=ladder_marks(self.deadline.ladder, due_on, self.rules.calendar, self.rules.definition.hours),
        )

    def _needs_new_ladder(self, watch: Watch, dated: Watch) -> bool:
        """Say whether the ladder cannot go on: its anchor or steps changed, or its date did without any pause."""
        reanchored = (dated.anchor_on, dated.base_on) != (watch.anchor_on, watch.base_on)
        rerolled = dated.due_on != watch.due_on and dated.paused_days == watch.paused_days
        return reanchored or rerolled or dated.marks[0] != watch.marks[0]

    def _wanted(self, occurrence: int) -> Reckoning | None:
        guard = self.deadline.when
        if guard and not guard.holds(guard_values(self.snapshot, self.now)):
            return None
        reckoning = self._reckon(occurrence)
        until = as_date(self.snapshot.data.get(self.deadline.due.until)) if self.deadline.due.until else None
        return None if reckoning and until and reckoning.due_on >= until else reckoning

    def _reckon(self, occurrence: int) -> Reckoning | None:
        return reckon(self.deadline, occurrence, self.snapshot.data, self._pauses(), self.rules.calendar, self.today)

    def _pauses(self) -> tuple[Pause, ...]:
        return pauses_of(self.rules.definition, self.snapshot, self.deadline.name)

    def _paused_now(self) -> bool:
        return any(pause.until_on is None for pause in self._pauses())

    def _too_early(self, watch: Watch, happened_on: date) -> bool:
        return watch.due_on is not None and self._before_window(happened_on, watch.due_on)

    def _before_window(self, met_on: date, due_on: date) -> bool:
        if not (self.deadline.early and self.deadline.due.every):
            return False
        return met_on < shift(due_on, self.deadline.early, -1, self.rules.calendar)

    def _after_meeting(self, watch: Watch, met_on: date) -> Watch:
        if not self.deadline.due.every:
            return replace(watch, live=False, met=True, met_on=met_on, quiet=None)
        number = self._next_occurrence(watch.occurrence, met_on)
        return Watch(watch.entry_seq, number, met_on=met_on, anchor_on=watch.anchor_on, rule=watch.rule)

    def _next_occurrence(self, met: int, met_on: date) -> int:
        """Return the first occurrence after `met` that is due after the day it was met: no meeting counts twice."""
        for occurrence in range(met + 1, met + MOST_OCCURRENCES):
            reckoning = self._reckon(occurrence)
            if reckoning is None or reckoning.due_on > met_on:
                return occurrence
        return met + MOST_OCCURRENCES

    def _first_not_covered(self, met_on: date | None) -> int:
        """Return the first occurrence that the last meeting, if there was one, does not answer for."""
        if met_on is None:
            return 1
        occurrences = range(1, MOST_OCCURRENCES)
        return next((n for n in occurrences if not self._is_covered(n, met_on)), MOST_OCCURRENCES)

    def _is_covered(self, occurrence: int, met_on: date) -> bool:
        reckoning, earlier = self._reckon(occurrence), self._reckon(occurrence - 1)
        if reckoning is None or earlier is None:
            return False
        in_its_time = earlier.due_on < met_on and not self._before_window(met_on, reckoning.due_on)
        return in_its_time or reckoning.due_on <= met_on


def _within(quiet: Quiet | None, due_on: date, today: date) -> Quiet | None:
    """Keep a snooze that still runs from passing a date that has been moved earlier."""
    if quiet and quiet.kind is QuietKind.SNOOZED and quiet.until_on > max(due_on, today):
        return replace(quiet, until_on=due_on)
    return quiet


def _end(kind: str, watch: Watch, became: Became, met_on: date | None = None) -> list[DeadlineStep]:
    if not watch.live:
        return []
    ended = replace(watch, live=False, quiet=None, met=became is Became.MET, met_on=met_on or watch.met_on)
    return [DeadlineStep(_key(kind, watch), became, ended)]


def _key(kind: str, watch: Watch) -> DeadlineKey:
    return DeadlineKey(kind, watch.occurrence, watch.entry_seq, watch.generation)
