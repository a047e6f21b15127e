"""Guessing gets slower with every failure, and stops for nobody for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.throttling import ACCOUNT, ADDRESS, NO_WAIT, REMEMBERED, Limits, wait_after

NOW = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
INSTANTS = st.lists(st.integers(0, 200_000).map(lambda ago: NOW - timedelta(seconds=ago)), max_size=60)
BOTH = pytest.mark.parametrize("limits", [ACCOUNT, ADDRESS])


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (500, 900)]
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert wait_after([NOW] * failures, NOW, ACCOUNT) == timedelta(seconds=seconds)


@given(INSTANTS, st.sampled_from([ACCOUNT, ADDRESS]))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(failures: list[datetime], limits: Limits) -> None:
    assert NO_WAIT <= wait_after(failures, NOW, limits) <= QUARTER


@given(INSTANTS, st.sampled_from([ACCOUNT, ADDRESS]))
def test_whoever_waits_may_try_again(failures: list[datetime], limits: Limits) -> None:
    assert wait_after(failures, NOW + wait_after(failures, NOW, limits), limits) == NO_WAIT


@given(INSTANTS)
def test_one_more_failure_never_shortens_the_wait(failures: list[datetime]) -> None:
    assert wait_after([*failures, NOW], NOW, ACCOUNT) >= wait_after(failures, NOW, ACCOUNT)


@BOTH
def test_yesterdays_failures_are_forgotten(limits: Limits) -> None:
    assert wait_after([NOW - REMEMBERED] * 100, NOW, limits) == NO_WAIT


def test_a_day_of_guessing_is_fewer_than_two_hundred_tries() -> None:
    at, failures = NOW, list[datetime]()
    while at < NOW + timedelta(days=1):
        at += wait_after(failures, at, ACCOUNT)
        failures.append(at)
    assert len(failures) < 200
