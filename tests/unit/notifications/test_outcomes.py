"""How long to wait before the next attempt, and when to stop."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.outcomes import DeliveryFailed, backoff

CODES = [
    "smtp_421", "smtp_432", "smtp_450", "smtp_451", "smtp_452", "smtp_550", "smtp_auth", "smtp_tls_missing", "connect",
    "timeout", "timeout_after_data", "disconnect", "http_400", "http_403", "http_429", "http_500", "http_503",
    "http_redirect", "card_too_large", "protocol", "something_new",
]  # fmt: skip
jitters = st.floats(0, 1, exclude_max=True)


@given(st.sampled_from(CODES), jitters)
def test_every_budget_ends(code: str, jitter: float) -> None:
    assert backoff(code, 20, jitter) is None


@given(st.sampled_from(CODES), st.integers(1, 20), jitters)
def test_a_wait_is_between_ten_seconds_and_five_hours(code: str, attempt: int, jitter: float) -> None:
    wait = backoff(code, attempt, jitter)
    assert wait is None or timedelta(seconds=10) <= wait <= timedelta(hours=5)


@given(st.sampled_from([code for code in CODES if code != "smtp_432"]), st.integers(1, 20), jitters)
def test_waits_never_shrink(code: str, attempt: int, jitter: float) -> None:
    first, second = backoff(code, attempt, jitter), backoff(code, attempt + 1, jitter)
    assert second is None or (first is not None and first <= second)


@given(st.sampled_from(CODES), jitters)
def test_a_spent_budget_stays_spent(code: str, jitter: float) -> None:
    waits = [backoff(code, attempt, jitter) for attempt in range(1, 20)]
    spent = waits.index(None)
    assert all(wait is None for wait in waits[spent:])


@pytest.mark.parametrize("code", ["smtp_550", "smtp_554", "http_400", "http_413", "http_redirect", "card_too_large"])
def test_what_is_permanent_is_never_tried_again(code: str) -> None:
    assert backoff(code, 1, 0.0) is None


def test_a_busy_server_is_tried_five_times_from_ten_seconds_to_fifteen_minutes() -> None:
    assert [backoff("smtp_421", attempt, 0.0) for attempt in range(1, 7)] == [
        timedelta(seconds=10),
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        None,
    ]


def test_a_refusal_for_now_waits_longer_than_a_busy_server() -> None:
    assert backoff("smtp_450", 1, 0.0) == timedelta(minutes=1)


@pytest.mark.parametrize("code", ["connect", "timeout_after_data", "smtp_auth", "smtp_tls_untrusted", "http_503"])
def test_an_outage_is_sat_out_for_a_night(code: str) -> None:
    waits = [backoff(code, attempt, 0.0) for attempt in range(1, 11)]
    assert sum((wait or timedelta(0) for wait in waits), timedelta(0)) > timedelta(hours=10)


def test_exchanges_concurrency_limit_scatters_the_retries() -> None:
    waits = {backoff("smtp_432", 3, share / 10) for share in range(10)}
    assert len(waits) == 10


def test_a_suspected_channel_is_given_three_tries() -> None:
    assert [backoff("http_403", attempt, 0.0) is None for attempt in (1, 2, 3)] == [False, False, True]


def test_a_failure_says_its_code_and_nothing_else() -> None:
    assert str(DeliveryFailed("smtp_550", permanent=True)) == "Delivery failed: smtp_550."
