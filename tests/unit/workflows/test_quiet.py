"""Acknowledging and snoozing: "I have it, until then", and never a changed date."""

from datetime import date

import pytest

from tests.unit.workflows.building import FIRST_MEETING, Life, deadline, granted
from workflows.case import Became, Quiet, QuietKind
from workflows.guards import Value
from workflows.refusals import EventRefusedError, Why

DAY = date(2024, 2, 12)
DUE = date(2024, 2, 29)


def why(life: Life, name: str, **answers: Value) -> list[Why]:
    with pytest.raises(EventRefusedError) as refusal:
        life.fire(name, DAY, answers)
    return [r.why for r in refusal.value.refusals]


def acknowledged(until: date = date(2024, 3, 8)) -> Life:
    life = granted(FIRST_MEETING)
    life.fire("deadline.acknowledge", DAY, deadline="first_meeting", until_on=until)
    return life


def snoozed(life: Life | None = None, until: date = date(2024, 2, 20)) -> Life:
    life = life or granted(FIRST_MEETING)
    life.fire("deadline.snooze", DAY, deadline="first_meeting", until_on=until, reason="waiting")
    return life


def test_acknowledging_says_until_when_and_leaves_the_date_alone() -> None:
    life = acknowledged()

    assert life.watch("first_meeting").quiet == Quiet(QuietKind.ACKNOWLEDGED, date(2024, 3, 8), seq=2)
    assert (life.due("first_meeting"), life.became("first_meeting")) == (DUE, [Became.OPENED, Became.REVISED])


def test_snoozing_may_last_until_the_date_itself() -> None:
    assert snoozed(until=DUE).watch("first_meeting").quiet == Quiet(QuietKind.SNOOZED, DUE, seq=2)


def test_a_new_quiet_replaces_the_old_one() -> None:
    quiet = snoozed(acknowledged()).watch("first_meeting").quiet

    assert quiet == Quiet(QuietKind.SNOOZED, date(2024, 2, 20), seq=3)


@pytest.mark.parametrize(
    ("name", "answers", "reason"),
    [
        ("deadline.acknowledge", {"deadline": "first_meeting"}, Why.MISSING_ANSWER),
        ("deadline.acknowledge", {"deadline": "first_meeting", "until_on": DAY}, Why.UNTIL_PAST),
        ("deadline.acknowledge", {"deadline": "first_meeting", "until_on": date(9999, 12, 31)}, Why.BAD_ANSWER),
        ("deadline.acknowledge", {"deadline": "follow_up", "until_on": DUE}, Why.NOT_OPEN),
        ("deadline.acknowledge", {"until_on": DUE}, Why.NOT_OPEN),
        ("deadline.snooze", {"deadline": "first_meeting", "until_on": DUE}, Why.NO_REASON),
        ("deadline.snooze", {"deadline": "first_meeting", "until_on": DUE, "reason": ""}, Why.NO_REASON),
        (
            "deadline.snooze",
            {"deadline": "first_meeting", "until_on": date(2024, 3, 1), "reason": "x"},
            Why.UNTIL_AFTER_DUE,
        ),
        ("deadline.snooze", {"deadline": "first_meeting", "reason": "x"}, Why.MISSING_ANSWER),
    ],
)
def test_a_quiet_that_may_not_be_is_refused(name: str, answers: dict[str, Value], reason: Why) -> None:
    assert why(granted(FIRST_MEETING), name, **answers) == [reason]


def test_a_met_deadline_cannot_be_acknowledged() -> None:
    life = granted(FIRST_MEETING)
    life.fire("hold_first", DAY, held_on=DAY)

    assert why(life, "deadline.acknowledge", deadline="first_meeting", until_on=DUE) == [Why.NOT_OPEN]


def test_a_moved_date_is_not_quiet_any_more() -> None:
    life = acknowledged()
    life.fire("case.amend", DAY, decision_date=date(2024, 2, 2))

    assert life.watch("first_meeting").quiet is None


def test_a_pause_keeps_the_quiet() -> None:
    life = snoozed()
    life.fire("case.pause", DAY, kind="parental_leave")
    life.fire("case.resume", date(2024, 2, 14), kind="parental_leave")

    assert life.watch("first_meeting").quiet == Quiet(QuietKind.SNOOZED, date(2024, 2, 20), seq=2)


def test_a_snooze_is_shortened_when_its_date_comes_before_it() -> None:
    late = deadline("first_meeting", "1 month after decision_date", ("following",))
    life = granted(late)
    life.fire("case.pause", DAY, kind="parental_leave", from_on=date(2024, 2, 1))
    life.fire("hold_first", DAY, held_on=DAY)  # opened while paused: eleven days so far
    assert life.due("first_meeting") == date(2024, 3, 11)
    snoozed(life, until=date(2024, 3, 11))

    life.fire("case.resume", DAY, kind="parental_leave", until_on=date(2024, 2, 2))

    assert life.due("first_meeting") == date(2024, 3, 1)
    assert life.watch("first_meeting").quiet == Quiet(QuietKind.SNOOZED, date(2024, 3, 1), seq=4)
