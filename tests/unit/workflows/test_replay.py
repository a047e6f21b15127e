"""The same events, decided again at their own times, give the same case."""

from datetime import date, datetime

import pytest

from tests.unit.workflows.building import FIRST_MEETING, FOLLOW_UP, SE, Life, followed, on, programme
from workflows.calendar import calendar_named
from workflows.planning import Rules
from workflows.refusals import EventRefusedError
from workflows.replay import EmptyHistoryError, replay


def eventful() -> Life:
    life = followed(FIRST_MEETING, FOLLOW_UP)
    life.fire("case.pause", date(2024, 4, 2), kind="sick_leave")
    life.fire("give_consent", date(2024, 4, 10))
    life.fire("case.resume", date(2024, 4, 20), kind="sick_leave", until_on=date(2024, 4, 15))
    life.fire("deadline.acknowledge", date(2024, 5, 20), deadline="follow_up", until_on=date(2024, 6, 3))
    life.fire("follow_up", date(2024, 6, 10), held_on=date(2024, 6, 7))
    life.fire("start_over", date(2024, 8, 1), decision_date=date(2024, 8, 1))
    return life


def test_a_history_gives_the_case_it_was_made_by() -> None:
    life = eventful()

    assert replay(life.history, lambda _version, _at: life.rules) == life.now_is


def test_each_event_is_replayed_under_its_own_version_and_calendar() -> None:
    life = followed(FIRST_MEETING, FOLLOW_UP)
    versions = {"1": life.definition, "2": programme(FOLLOW_UP, version="2")}
    closed = calendar_named("SE", frozenset({date(2024, 6, 3)}))
    life.calendar = closed
    life.fire("case.recompute", date(2024, 4, 2))
    life.definition = versions["2"]
    life.fire("case.migrate", date(2024, 4, 3))

    def rules_at(version: str, at: datetime) -> Rules:
        return Rules(versions[version], closed if at > on(2024, 4, 1) else SE)

    assert replay(life.history, rules_at) == life.now_is


def test_a_history_without_events_is_no_case() -> None:
    with pytest.raises(EmptyHistoryError):
        replay([], lambda _version, _at: Rules(programme(), SE))


def test_a_history_with_an_event_taken_out_cannot_be_replayed() -> None:
    life = eventful()
    tampered = [life.history[0], *life.history[2:]]

    with pytest.raises(EventRefusedError):
        replay(tampered, lambda _version, _at: life.rules)
