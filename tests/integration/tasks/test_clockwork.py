"""The clock wakes and decides nothing: two share their ticks, and what is broken or held costs time, no more."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.metrics import read_metrics
from storage.ticks import take_tick
from tasks import housekeeping, schedule
from tasks.app import AUDIT, DELIVER, DIGESTS, HOUSEKEEPING, SWEEP
from tasks.delivering import deliver_waiting
from tasks.housekeeping import keep_house
from tasks.provided import NothingProvidedError, provide, provided, withdraw
from tasks.schedule import Clockwork
from tasks.sweeping import sweep_due
from tests.embedded import until
from tests.house import House, moment

NOW = moment("2024-01-15")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were called, in order."""
    tasks: list[str] = []
    for door in (schedule, housekeeping):
        monkeypatch.setattr(door, "call", tasks.append)
    return tasks


def test_a_tick_wakes_the_sweep_the_digests_and_the_postman(house: House, called: list[str]) -> None:
    Clockwork(house.engine, lambda: NOW).tick()
    assert called == [SWEEP, DIGESTS, DELIVER, HOUSEKEEPING]


def test_of_two_clocks_one_has_the_tick(house: House, called: list[str]) -> None:
    clocks = [Clockwork(house.engine, lambda: NOW, every=5) for _ in range(2)]
    assert [clock.tick() for clock in clocks] == [True, False]
    assert called.count(SWEEP) == 1


def test_the_next_tick_comes_after_so_many_seconds(house: House, called: list[str]) -> None:
    times = iter([NOW, NOW + timedelta(seconds=4), NOW + timedelta(seconds=5)])
    clock = Clockwork(house.engine, lambda: next(times), every=5)
    assert [clock.tick() for _ in range(3)] == [True, False, True]


def test_a_clock_that_is_held_does_not_tick(house: House, called: list[str]) -> None:
    assert not Clockwork(house.engine, lambda: NOW, is_held=lambda: True).tick()
    assert called == []


def test_a_database_that_is_away_is_no_error(
    sqlite_house: House, called: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> datetime:
        raise OSError("the disk is gone")

    assert not Clockwork(sqlite_house.engine, away).tick()
    assert "OSError" in caplog.text


def test_a_task_does_what_was_provided_and_is_safe_twice(house: House) -> None:
    house.open_case("2024-01-31")
    provide(house.engine, lambda: moment("2024-02-15"))
    assert sweep_due()["queued"] == 1
    assert deliver_waiting()["sent"] == 1
    assert sweep_due()["deadlines"] == 0
    assert deliver_waiting()["sent"] == 0
    withdraw()


def test_a_task_without_an_engine_says_what_is_missing() -> None:
    withdraw()
    with pytest.raises(NothingProvidedError):
        provided()


def test_old_ticks_are_forgotten_and_new_ones_kept(house: House, called: list[str]) -> None:
    old = NOW - timedelta(days=4)
    with house.engine.database.write() as connection:
        assert take_tick(connection, "clock", old)
        assert take_tick(connection, "clock", NOW)
    provide(house.engine, lambda: NOW)
    keep_house()
    withdraw()
    assert called == [AUDIT]
    with house.engine.database.write() as connection:
        assert take_tick(connection, "clock", old)
        assert not take_tick(connection, "clock", NOW)


def test_a_started_clock_ticks_by_itself_and_stops(house: House, called: list[str]) -> None:
    clock = Clockwork(house.engine, lambda: datetime.now(UTC), every=1)
    clock.start()
    until(lambda: called.count(SWEEP) >= 2, "two ticks", 10)
    clock.stop()


REMINDED = moment("2024-02-15", "08:00")  # the first reminder of a decision of the 31st of January


def looking(house: House, at: datetime, since: datetime) -> Clockwork:
    """Return a clock that has woken for everything until `since`; its time is `at`."""
    times = iter([since])
    clock = Clockwork(house.engine, lambda: next(times, at))
    clock.look()
    return clock


def test_what_falls_due_between_two_ticks_is_woken_for(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    looking(house, REMINDED, since=REMINDED - timedelta(seconds=3)).look()
    assert called == [SWEEP]


def test_a_message_whose_time_comes_is_woken_for(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    evening = moment("2024-02-14", "20:00")
    provide(house.engine, lambda: evening + timedelta(days=1))
    sweep_due()  # after working hours: it leaves in the morning
    withdraw()
    leaves = moment("2024-02-16", "08:00")
    looking(house, leaves, since=leaves - timedelta(seconds=1)).look()
    assert called == [DELIVER]


def test_nobody_is_woken_twice_for_the_same_moment(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    clock = looking(house, REMINDED, since=REMINDED - timedelta(seconds=3))
    clock.look()
    clock.look()
    assert called == [SWEEP]


def test_of_two_clocks_one_wakes_for_a_moment(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    for _ in range(2):
        looking(house, REMINDED, since=REMINDED - timedelta(seconds=3)).look()
    assert called == [SWEEP]


def test_a_clock_is_back_at_the_moment_something_falls_due(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    almost = REMINDED - timedelta(milliseconds=400)
    assert looking(house, almost, since=REMINDED - timedelta(seconds=3)).look() == timedelta(milliseconds=400)
    assert called == []


def test_a_clock_does_not_wait_for_what_is_far_away(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    assert looking(house, NOW, since=NOW).look() is None


def test_a_tick_has_woken_for_all_that_was_due(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    clock = Clockwork(house.engine, lambda: REMINDED)
    clock.tick()
    called.clear()
    clock.look()
    assert called == []


def test_a_clock_that_is_held_wakes_nobody(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    clock = Clockwork(house.engine, lambda: REMINDED, is_held=lambda: True)
    assert clock.look() is None
    assert called == []


def test_a_database_that_is_away_wakes_nobody_and_is_no_error(
    sqlite_house: House, called: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> datetime:
        raise OSError("the disk is gone")

    assert Clockwork(sqlite_house.engine, away).look() is None
    assert "OSError" in caplog.text


def test_being_woken_between_ticks_is_no_tick(house: House, called: list[str]) -> None:
    house.open_case("2024-01-31")
    looking(house, REMINDED, since=REMINDED - timedelta(seconds=3)).look()
    with house.engine.database.read() as connection:
        assert read_metrics(connection, REMINDED).ticks == {}
