"""What piled up while nothing went for more than a day waits for a human, where the house runs on real time (T9)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from access.actors import OPERATOR
from engine.auditing import unaccounted
from engine.delivering import deliver
from engine.doctoring import Health, examine
from engine.errors import NotAllowedError
from engine.holding import drop_held, held_messages, put_on_hold, release_held, release_hold
from engine.inspecting_system import system_view
from engine.sweeping import sweep
from notifications.messages import Reason
from storage import circuits
from tests.house import House, moment
from tests.models.reading import alarms, fate, mailed, outbox

BEFORE = moment("2024-02-14")
FIRST = moment("2024-02-15")  # the first reminder of a case decided on 2024-01-31
SLOT = "coordinator:email"
KEEP = 5


def careful(house: House) -> House:
    """Return the house with the setting on: more than five are held."""
    return replace(house, engine=replace(house.engine, hold_backlog=KEEP))


def silent_until(house: House, now: datetime, cases: int) -> list[str]:
    """Let the post go once, then nothing until `now`."""
    refs = house.open_many(cases, "2024-01-31")
    deliver(house.engine, now - timedelta(hours=25))
    sweep(house.engine, now)
    deliver(house.engine, now)
    return refs


def test_a_backlog_older_than_a_day_is_held_and_the_admins_hear_of_it(house: House) -> None:
    house = careful(house)
    silent_until(house, FIRST, 8)
    assert mailed(house) == ["admin"]
    assert [alarm.reason for alarm in alarms(house)] == [Reason.BACKLOG_HELD]
    assert [(group.kind, group.number) for group in held_messages(house.engine, OPERATOR)] == [("reminder", 8)]


def test_a_small_backlog_leaves(house: House) -> None:
    house = careful(house)
    silent_until(house, FIRST, KEEP)
    assert mailed(house) == ["coordinator"] * KEEP


def test_a_short_silence_holds_nothing(house: House) -> None:
    house = careful(house)
    house.open_many(8, "2024-01-31")
    deliver(house.engine, FIRST - timedelta(hours=23))
    house.pass_time(FIRST)
    assert mailed(house) == ["coordinator"] * 8


def test_without_the_setting_nothing_is_held(house: House) -> None:
    silent_until(house, FIRST, 8)
    assert mailed(house) == ["coordinator"] * 8


def test_nothing_leaves_before_the_silence_is_swept(house: House) -> None:
    house = careful(house)
    house.open_many(8, "2024-01-31")
    deliver(house.engine, FIRST - timedelta(hours=25))
    assert deliver(house.engine, FIRST).on_hold
    house.pass_time(FIRST)
    assert mailed(house) == ["admin"]


def test_released_messages_leave_and_are_accounted_for(house: House) -> None:
    house = careful(house)
    refs = silent_until(house, FIRST, 8)
    assert unaccounted(house.engine, FIRST) == []
    assert release_held(house.engine, OPERATOR) == 8
    deliver(house.engine, FIRST)
    assert {fate(house, ref, "r1", SLOT) for ref in refs} == {("sent", None)}


def test_dropped_messages_never_leave_and_the_ledger_says_so(house: House) -> None:
    house = careful(house)
    refs = silent_until(house, FIRST, 8)
    assert drop_held(house.engine, OPERATOR, FIRST) == 8
    deliver(house.engine, FIRST)
    assert mailed(house) == ["admin"]
    assert {fate(house, ref, "r1", SLOT) for ref in refs} == {("suppressed", "dropped")}
    assert unaccounted(house.engine, FIRST) == []


def test_a_held_message_whose_deadline_is_met_is_not_wanted_any_more(sqlite_house: House) -> None:
    house = careful(sqlite_house)
    ref, *_ = silent_until(house, FIRST, 8)
    house.fire(ref, "hold_meeting", FIRST, held_on=FIRST.date(), met_on=FIRST.date())
    assert fate(house, ref, "r1", SLOT) == ("suppressed", "met")
    assert sum(group.number for group in held_messages(house.engine, OPERATOR)) == 7


def test_new_messages_leave_while_old_ones_are_held(sqlite_house: House) -> None:
    house = careful(sqlite_house)
    silent_until(house, FIRST, 8)
    new = house.open_case("2024-02-01", now=FIRST)
    house.pass_time(FIRST + timedelta(hours=23))
    house.pass_time(moment("2024-02-16"))
    assert fate(house, new, "r1", SLOT) == ("sent", None)
    assert sum(row.held_at is not None for row in outbox(house)) == 8


def test_what_was_due_at_the_backup_is_held_though_this_computers_clock_is_behind(house: House) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        put_on_hold(connection, FIRST, FIRST)
    behind = FIRST - timedelta(seconds=30)
    release_hold(house.engine, OPERATOR, behind)
    deliver(house.engine, behind)
    assert [group.number for group in held_messages(house.engine, OPERATOR)] == [3]


def test_only_who_runs_the_system_may_decide(sqlite_house: House) -> None:
    with pytest.raises(NotAllowedError):
        release_held(sqlite_house.engine, sqlite_house.actor("coordinator"))


def test_the_check_up_and_the_system_page_tell_of_what_waits(sqlite_house: House) -> None:
    house = careful(sqlite_house)
    silent_until(house, FIRST, 8)
    found = {one.check: one.health for one in examine(house.engine, None, FIRST)}
    assert found["hold"] is Health.ERROR
    assert system_view(house.engine, OPERATOR, FIRST).held == 8


def test_the_check_up_tells_of_a_channel_that_pauses(sqlite_house: House) -> None:
    house = sqlite_house
    with house.engine.database.write() as connection:
        for _ in range(circuits.FAILURES_THAT_OPEN):
            circuits.count_failure(connection, "email", FIRST)
    assert {one.check: one.health for one in examine(house.engine, None, FIRST)}["channel"] is Health.ERROR
    assert [one.channel for one in system_view(house.engine, OPERATOR, FIRST).pausing] == ["email"]
