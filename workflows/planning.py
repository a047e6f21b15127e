"""Which deadlines a case has open, and on which dates: one pure planner for every cause.

Opening, leaving, meeting, re-anchoring, pausing, a new holiday and a new definition all go through `plan`: it compares what
should be open with what is, and says the difference. So a preview is the same computation, not written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from workflows.calendar import Calendar
from workflows.case import Became, DeadlineKey, DeadlineStep, Pause, Snapshot, Watch
from workflows.dates import Span, local_date, roll, shift
from workflows.guards import Value
from workflows.model import Deadline, Definition

MOST_OCCURRENCES = 400  # a recurring deadline every week for almost eight years; ends every search


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided by: a definition and the calendar in force."""

    definition: Definition
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The parts of one date, in the order they are reckoned."""

    anchor_on: date
    base_on: date
    paused_days: int
    due_on: date


def guard_values(snapshot: Snapshot, now: datetime) -> Mapping[str, Value]:
    """Return the values guards look at: the case's fields and facts, and `today` in Stockholm."""
    return {**snapshot.data, "today": local_date(now)}


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
    """
    anchor = as_date(data.get(deadline.due.anchor))
    if anchor is None:
        return None
    span = deadline.due.offset.span
    count = span.count * occurrence if deadline.due.every else span.count
    base = shift(anchor, Span(count, span.unit), deadline.due.offset.sign, calendar)
    # A pause before the anchor is already in the anchor; a date planned backwards is moved by every pause of the case.
    since = anchor if deadline.due.offset.sign >= 0 else date.min
    days = paused_days(pauses, since, today)
    return Reckoning(anchor, base, days, roll(base + timedelta(days=days), deadline.roll, calendar))


def paused_days(pauses: Iterable[Pause], since: date, today: date) -> int:
    """Count the days of pauses from `since`, each day once however many pauses share it; running ones count up to today."""
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
    """
    watches = dict(snapshot.watch)
    steps: list[DeadlineStep] = []
    for kind, deadline in rules.definition.deadlines.items():
        planner = _Planner(rules, snapshot, deadline, was.get(kind), now)
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

    def bring_in_line(
        self, watch: Watch | None, fired: str, happened_on: date
    ) -> tuple[Watch | None, list[DeadlineStep]]:
        steps: list[DeadlineStep] = []
        if watch and watch.live and fired in self.deadline.met_by and not self._too_early(watch, happened_on):
            steps.extend(_end(self.deadline.name, watch, Became.MET))
            watch = self._after_meeting(watch, happened_on)
        if self.snapshot.state not in self.deadline.region:
            if watch:
                steps.extend(_end(self.deadline.name, watch, Became.LEFT))
            return None, steps
        if watch is None:
            watch = Watch(entry_seq=self.snapshot.seq, occurrence=1 if self.deadline.due.every else 0)
        watch, changes = self._open_or_revise(watch)
        return watch, steps + changes

    def _open_or_revise(self, watch: Watch) -> tuple[Watch, list[DeadlineStep]]:
        reckoning = None if watch.met else self._wanted(watch.occurrence)
        if reckoning is None:
            ended = _end(self.deadline.name, watch, Became.VOID)
            return (replace(watch, live=False, quiet=None) if watch.live else watch), list(ended)
        dated = self._dated(watch, reckoning)
        if not watch.live:
            return self._opened(dated)
        if (dated.anchor_on, dated.base_on) != (watch.anchor_on, watch.base_on) or self._rerolled(watch, dated):
            moved = _end(self.deadline.name, watch, Became.MOVED)
            fresh, opened = self._opened(self._dated(replace(watch, live=False), reckoning))
            return fresh, [*moved, *opened]
        if dated == self.was:
            return watch, []
        return dated, [DeadlineStep(_key(self.deadline.name, dated), Became.REVISED, dated)]

    def _opened(self, dated: Watch) -> tuple[Watch, list[DeadlineStep]]:
        fresh = replace(dated, live=True, generation=dated.generation + 1, quiet=None)
        return fresh, [DeadlineStep(_key(self.deadline.name, fresh), Became.OPENED, fresh)]

    def _dated(self, watch: Watch, reckoning: Reckoning) -> Watch:
        return replace(
            watch,
            anchor_on=reckoning.anchor_on,
            base_on=reckoning.base_on,
            # While a pause runs, the date is not known; the last one stays until the clock goes again.
            due_on=watch.due_on if self._paused_now() and watch.live else reckoning.due_on,
            paused_days=watch.paused_days if self._paused_now() and watch.live else reckoning.paused_days,
            paused=self._paused_now(),
        )

    def _rerolled(self, watch: Watch, dated: Watch) -> bool:
        """Say whether the date moved though neither anchor nor pauses did: the calendar or the rule has changed."""
        return dated.due_on != watch.due_on and dated.paused_days == watch.paused_days

    def _wanted(self, occurrence: int) -> Reckoning | None:
        guard = self.deadline.when
        if guard and not guard.holds(guard_values(self.snapshot, self.now)):
            return None
        reckoning = self._reckon(occurrence)
        until = as_date(self.snapshot.data.get(self.deadline.due.until)) if self.deadline.due.until else None
        return None if reckoning and until and reckoning.due_on >= until else reckoning

    def _reckon(self, occurrence: int) -> Reckoning | None:
        today = local_date(self.now)
        return reckon(self.deadline, occurrence, self.snapshot.data, self._pauses(), self.rules.calendar, today)

    def _pauses(self) -> Iterator[Pause]:
        kinds = self.rules.definition.pauses
        return (p for p in self.snapshot.pauses if p.kind in kinds and self.deadline.name in kinds[p.kind].stops)

    def _paused_now(self) -> bool:
        return any(pause.until_on is None for pause in self._pauses())

    def _too_early(self, watch: Watch, happened_on: date) -> bool:
        if not (self.deadline.early and self.deadline.due.every and watch.due_on):
            return False
        return happened_on < shift(watch.due_on, self.deadline.early, -1, self.rules.calendar)

    def _after_meeting(self, watch: Watch, happened_on: date) -> Watch:
        if not self.deadline.due.every:
            return replace(watch, live=False, met=True, quiet=None)
        return Watch(entry_seq=watch.entry_seq, occurrence=self._next_occurrence(watch.occurrence, happened_on))

    def _next_occurrence(self, met: int, happened_on: date) -> int:
        """Return the first occurrence after `met` that is due after the day it was met: one meeting never counts twice."""
        for occurrence in range(met + 1, met + MOST_OCCURRENCES):
            reckoning = self._reckon(occurrence)
            if reckoning is None or reckoning.due_on > happened_on:
                return occurrence
        return met + MOST_OCCURRENCES


def _end(kind: str, watch: Watch, became: Became) -> list[DeadlineStep]:
    if not watch.live:
        return []
    return [DeadlineStep(_key(kind, watch), became, replace(watch, live=False, quiet=None, met=became is Became.MET))]


def _key(kind: str, watch: Watch) -> DeadlineKey:
    return DeadlineKey(kind, watch.occurrence, watch.entry_seq, watch.generation)
