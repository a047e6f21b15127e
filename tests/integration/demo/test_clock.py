from datetime import UTC, datetime, timedelta

import pytest

from bevaka.clock import clock_of
from demo.clock import DemoClock
from notifications.channels.clock import utc_now
from tests.house import House, moment

REAL = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Watch:
    """A wrist watch that is set by hand."""

    def __init__(self) -> None:
        self.shows = REAL

    def __call__(self) -> datetime:
        return self.shows


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def clock(house: House, watch: Watch) -> DemoClock:
    return DemoClock(house.engine.database, watch)


def test_it_goes_on_from_where_it_was_released(clock: DemoClock, watch: Watch) -> None:
    clock.release(moment("2024-01-15"))
    watch.shows += timedelta(minutes=3)
    assert clock() == moment("2024-01-15", "09:03")


def test_while_it_is_held_it_stands_still(clock: DemoClock, watch: Watch) -> None:
    clock.hold(moment("2024-03-01"))
    watch.shows += timedelta(days=1)
    assert clock() == moment("2024-03-01")
    assert clock.held


def test_another_process_sees_the_time_that_was_written_down(clock: DemoClock, house: House, watch: Watch) -> None:
    clock.release(moment("2024-01-15"))
    assert DemoClock(house.engine.database, watch)() == moment("2024-01-15")


def test_another_process_follows_within_a_moment(clock: DemoClock, house: House, watch: Watch) -> None:
    other = DemoClock(house.engine.database, watch)
    assert other() == REAL
    clock.release(moment("2024-01-15"))
    watch.shows += timedelta(seconds=1)
    assert other() == moment("2024-01-15") + timedelta(seconds=1)


def test_after_a_kill_it_does_not_stand_before_what_has_happened(clock: DemoClock, house: House) -> None:
    house.open_case("2024-02-28")  # written at the time of the house
    clock.release(moment("2023-06-01"))
    clock.catch_up()
    assert clock() > moment("2023-12-31")


def test_a_house_without_a_demo_has_the_real_time(house: House) -> None:
    assert clock_of(house.engine.database) is utc_now


def test_a_house_with_a_demo_has_the_demos_time(house: House) -> None:
    DemoClock(house.engine.database).release(moment("2024-01-15"))
    assert abs(clock_of(house.engine.database)() - moment("2024-01-15")) < timedelta(minutes=1)
