"""What an answer of the workflow means."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.teams.replies import LONGEST_WAIT, judge, read_retry_after
from notifications.outcomes import DeliveryFailed
from tests.examples.messages import NOW


def failure(status: int, body: bytes = b"", retry_after: str | None = None) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        judge(status, body, retry_after, NOW)
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_accepted_whatever_the_body(status: int) -> None:
    assert judge(status, b"not 1", None, NOW).detail == str(status)


@pytest.mark.parametrize("status", [408, 412, 429, 500, 502, 503, 504])
def test_what_may_pass_is_not_permanent(status: int) -> None:
    failed = failure(status)
    assert (failed.code, failed.permanent, failed.channel_broken) == (f"http_{status}", False, False)


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_what_is_wrong_with_the_message_is_permanent(status: int) -> None:
    failed = failure(status)
    assert (failed.permanent, failed.channel_broken) == (True, False)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_is_wrong_with_the_channel_is_told_as_such(status: int) -> None:
    failed = failure(status)
    assert (failed.permanent, failed.channel_broken) == (False, True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused(status: int) -> None:
    failed = failure(status)
    assert (failed.code, failed.permanent) == ("http_redirect", True)


def test_a_rate_limit_told_in_the_body_of_a_200_is_a_rate_limit() -> None:
    body = (
        b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x"
    )
    assert failure(200, body, "7").retry_after == timedelta(seconds=7)


def test_a_success_told_in_the_body_is_no_failure() -> None:
    assert judge(200, b"no HTTP error 200", None, NOW).detail == "200"


def test_retry_after_in_seconds() -> None:
    assert failure(429, retry_after="120").retry_after == timedelta(minutes=2)


def test_retry_after_as_a_date() -> None:
    assert failure(503, retry_after="Sun, 01 Feb 2026 07:05:00 GMT").retry_after == timedelta(minutes=5)


def test_a_date_that_has_passed_means_now() -> None:
    assert read_retry_after("Sun, 01 Feb 2026 06:00:00 GMT", NOW) == timedelta(0)


def test_no_wait_is_longer_than_a_day() -> None:
    assert read_retry_after("999999999999", NOW) == LONGEST_WAIT


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5", "²", "Sun, 99 Feb 2026 07:05:00 GMT", "\x00"])
def test_an_unreadable_wait_is_none(value: str | None) -> None:
    assert read_retry_after(value, NOW) is None


@given(st.text(max_size=40))
def test_no_header_crashes(value: str) -> None:
    wait = read_retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@given(st.integers(100, 999), st.binary(max_size=80))
def test_every_answer_is_accepted_or_failed(status: int, body: bytes) -> None:
    accepted = None
    with contextlib.suppress(DeliveryFailed):
        accepted = judge(status, body, None, NOW)
    assert accepted is None or 200 <= int(accepted.detail) <= 299
