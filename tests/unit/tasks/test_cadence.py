"""Ticks keep their cadence; a clock that has jumped ahead costs one tick, not one for each second it jumped over."""

from datetime import UTC, datetime, timedelta

from tasks.cadence import Every

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_tick_is_at_once() -> None:
    assert Every(SECOND).get_next_fire_time(None, NOW) == NOW


def test_ticks_keep_their_cadence_though_one_is_a_little_late() -> None:
    assert Every(SECOND).get_next_fire_time(NOW, NOW + SECOND / 10) == NOW + SECOND


def test_a_clock_that_jumps_by_four_hundred_days_makes_up_for_it_by_one_tick() -> None:
    jumped = NOW + timedelta(days=400)
    assert Every(SECOND).get_next_fire_time(NOW, jumped) == jumped + SECOND
