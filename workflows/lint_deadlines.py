"""Finds deadlines that nothing can meet and rungs that come at moments that make no sense.

Units are compared by their usual length in days (`workflows.ladders.NOMINAL_DAYS`): a ladder that depends on how long
February is, is a mistake too.
"""

from collections import Counter
from collections.abc import Iterator

from workflows.dates import Offset, Span, Unit
from workflows.ladders import NOMINAL_DAYS
from workflows.marks import Marks, Path
from workflows.model import Deadline, Definition, Level, Rung
from workflows.problems import Problem

_SECTION = {Level.REMIND: "remind", Level.ESCALATE: "escalate"}


def deadline_problems(definition: Definition, marks: Marks) -> Iterator[Problem]:
    """Yield what is wrong with each deadline of a definition."""
    for deadline in definition.deadlines.values():
        yield from _region(definition, marks, deadline)
        yield from _room(definition, marks, deadline)
        yield from _sides(marks, deadline)
        yield from _reach(marks, deadline)
        yield from _clashes(marks, deadline)


def _region(definition: Definition, marks: Marks, deadline: Deadline) -> Iterator[Problem]:
    path: Path = ("deadlines", deadline.name)
    final = sorted(name for name in deadline.region if definition.states[name].final)
    if final:
        mark = marks.value((*path, "while"))
        yield marks.problem(mark, "final-deadline", ", ".join(final), "states that are not final")
    elif deadline.met_by and not any(
        definition.transitions[name].sources & deadline.region for name in deadline.met_by
    ):
        allowed = "a transition from one of the states in while"
        mark = marks.value((*path, "met_by"))
        yield marks.problem(mark, "unmeetable", ", ".join(sorted(deadline.met_by)), allowed)


def _room(definition: Definition, marks: Marks, deadline: Deadline) -> Iterator[Problem]:
    if not deadline.due.every:
        return
    interval = _days(deadline.due.offset.span)
    mark = marks.value(("deadlines", deadline.name, "due"))
    if interval < 1:
        yield marks.problem(mark, "no-room", f"every {deadline.due.offset.span}", "an interval of at least a day")
    elif definition.period_from and definition.period_until:
        length = (definition.period_until - definition.period_from).days + 1
        if interval > length:
            yield marks.problem(mark, "no-room", f"every {deadline.due.offset.span}", f"at most {length} days")
    if deadline.early and _days(deadline.early) >= interval:
        mark = marks.value(("deadlines", deadline.name, "early"))
        yield marks.problem(mark, "no-room", f"early: {deadline.early}", f"less than {deadline.due.offset.span}")


def _sides(marks: Marks, deadline: Deadline) -> Iterator[Problem]:
    for path, rung in _rungs(deadline):
        after = _signed_days(rung.at) > 0
        if rung.level is Level.REMIND and after:
            yield marks.problem(marks.value(path), "reminder-after-due", str(rung.at), "before, or on the day")
        if rung.level is Level.ESCALATE and not after:
            yield marks.problem(marks.value(path), "escalation-before-due", str(rung.at), "at least 1 day after")


def _reach(marks: Marks, deadline: Deadline) -> Iterator[Problem]:
    """Yield the reminders that would come before the period they belong to and the escalations that come after it."""
    offset = deadline.due.offset
    room = f"less than {offset.span}"
    for path, rung in _rungs(deadline):
        away = abs(_signed_days(rung.at))
        begins_too_early = away >= _days(offset.span) if deadline.due.every else away > _days(offset.span)
        if rung.level is Level.REMIND and offset.sign > 0 and rung.at.sign < 0 and begins_too_early:
            yield marks.problem(marks.value(path), "rung-too-early", str(rung.at), f"{room} before")
        ends = deadline.due.every or offset.sign < 0
        if rung.level is Level.ESCALATE and ends and _last(rung) >= _days(offset.span):
            end = "the next time" if deadline.due.every else deadline.due.anchor
            yield marks.problem(marks.value(path), "rung-after-end", _in_words(rung), f"{room} after, before {end}")


def _clashes(marks: Marks, deadline: Deadline) -> Iterator[Problem]:
    """Yield every rung that reaches a role at a moment at which an earlier rung of the ladder reaches it."""
    taken: Counter[tuple[float, str, str]] = Counter()
    for path, rung in _rungs(deadline):
        moments = {(*moment, role) for moment in _moments(rung) for role in rung.to}
        clashing = sorted({role for *_, role in moments & set(taken)})
        if clashing:
            allowed = "another moment, or one rung to both"
            yield marks.problem(marks.value(path), "rung-clash", f"{rung.at} to {', '.join(clashing)} again", allowed)
        taken.update(moments)


def _moments(rung: Rung) -> Iterator[tuple[float, str]]:
    """Yield every moment of a rung and its repeats, and the kind of unit: working days compare only with their like."""
    step = rung.repeat.span if rung.repeat else Span(0, Unit.DAYS)
    same_unit = _unit(step) == _unit(rung.at.span)
    yield _signed_days(rung.at), _unit(rung.at.span)
    for number in range(1, rung.repeat.at_most if rung.repeat else 1):
        unit = _unit(step) if same_unit else f"{rung.at} and every {step}"
        yield round(_signed_days(rung.at) + number * _days(step), 2), unit


def _unit(span: Span) -> str:
    return "working days" if span.unit is Unit.WORKING_DAYS else "months" if _in_months(span) else "days"


def _in_months(span: Span) -> bool:
    return span.unit in {Unit.MONTHS, Unit.YEARS}


def _rungs(deadline: Deadline) -> Iterator[tuple[Path, Rung]]:
    for rung in deadline.ladder:
        yield ("deadlines", deadline.name, _SECTION[rung.level], int(rung.key[1:]) - 1, "at"), rung


def _days(span: Span) -> float:
    return round(span.count * NOMINAL_DAYS[span.unit], 2)


def _signed_days(offset: Offset) -> float:
    return _days(offset.span) * offset.sign


def _last(rung: Rung) -> float:
    repeats = _days(rung.repeat.span) * (rung.repeat.at_most - 1) if rung.repeat else 0
    return _signed_days(rung.at) + repeats


def _in_words(rung: Rung) -> str:
    if rung.repeat is None:
        return str(rung.at)
    return f"{rung.at}, every {rung.repeat.span}, {rung.repeat.at_most} times"
