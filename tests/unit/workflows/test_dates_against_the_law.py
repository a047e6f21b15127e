"""Due dates and rung days of every day 2022-2037, against a second reckoning written from the law (tests/oracles)."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from tests.oracles import swedish_calendar as law
from tests.unit.workflows.building import HOURS, LADDER, SE, deadline
from workflows.dates import Roll
from workflows.ladders import ladder_steps
from workflows.reckoning import reckon

FIRST, LAST = date(2022, 1, 1), date(2037, 12, 31)


def every_day() -> Iterator[date]:
    return map(date.fromordinal, range(FIRST.toordinal(), LAST.toordinal() + 1))


def stay(day: date) -> date:
    return day


ROLLS: dict[Roll, Callable[[date], date]] = {
    Roll.NONE: stay,
    Roll.NEXT: law.roll_next,
    Roll.PREVIOUS: law.roll_previous,
}
RULES: dict[str, tuple[int, Callable[[date], date]]] = {
    "1 month after": (0, lambda day: law.add_months(day, 1)),
    "30 days after": (0, lambda day: law.add_days(day, 30)),
    "3 months before": (0, lambda day: law.add_months(day, -3)),
    "every 3 months after": (5, lambda day: law.add_months(day, 15)),
}


@pytest.mark.parametrize("roll", Roll)
@pytest.mark.parametrize("rule", RULES)
def test_every_due_date_is_the_one_the_law_gives(rule: str, roll: Roll) -> None:
    occurrence, counted = RULES[rule]
    watched = deadline("first_meeting", f"{rule} decision_date", roll=roll)

    wrong = []
    for day in every_day():
        parts = reckon(watched, occurrence, {"decision_date": day}, (), SE, day)
        expected = ROLLS[roll](counted(day))
        if parts is None or parts.due_on != expected:
            wrong.append((day, parts, expected))

    assert wrong == []


RUNGS: dict[str, Callable[[date], date]] = {
    "r1": lambda due: law.roll_previous(law.add_days(due, -14)),
    "r2": lambda due: law.roll_previous(law.add_working_days(due, -5)),
    "e1": lambda due: law.add_working_days(due, 1),
    "e2": lambda due: law.add_working_days(due, 5),
    "e3": lambda due: law.add_working_days(due, 10),
    "e3#2": lambda due: law.add_working_days(due, 15),
    "e3#3": lambda due: law.add_working_days(due, 20),
    "e3#4": lambda due: law.add_working_days(due, 25),
}


def test_every_rung_comes_on_the_working_day_the_law_gives() -> None:
    wrong = []
    for due in every_day():
        found = {step.key: step.on for step in ladder_steps(LADDER, due, SE, HOURS)}
        expected = {key: day(due) for key, day in RUNGS.items()}
        if found != expected:
            wrong.append((due, found, expected))

    assert wrong == []
