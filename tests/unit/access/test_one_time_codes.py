"""A code is right for half a minute and the ones beside it, and it is right once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.one_time_codes import accepted_step, address_of, code_at, new_secret, step_of

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 - of RFC 6238, appendix B
NOW = datetime(2024, 3, 4, 9, 0, 7, tzinfo=UTC)
HERE = step_of(NOW)


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, step_of(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize(("drift", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_one_step(drift: int, right: bool) -> None:
    assert (accepted_step(SECRET, code_at(SECRET, HERE + drift), NOW, None) is not None) is right


@given(st.lists(st.integers(-90, 90), max_size=12))
def test_no_code_is_accepted_twice_whatever_the_order(offsets: list[int]) -> None:
    last: int | None = None
    accepted = []
    for offset in offsets:
        now = NOW + timedelta(seconds=offset)
        step = accepted_step(SECRET, code_at(SECRET, step_of(now)), now, last)
        if step is not None:
            accepted.append(step)
            last = step
    assert accepted == sorted(set(accepted))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12345\n", "-12345"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert accepted_step(SECRET, typed, NOW, None) is None


def test_a_code_may_be_typed_in_groups() -> None:
    code = code_at(SECRET, HERE)
    assert accepted_step(SECRET, f" {code[:3]} {code[3:]} ", NOW, None) == HERE


def test_a_telephone_is_told_the_secret_and_whose_it_is() -> None:
    told = address_of(SECRET, "kim@bevaka.example")
    assert told.startswith("otpauth://totp/Bevaka:kim%40bevaka.example?")
    assert f"secret={SECRET}" in told


def test_secrets_have_160_bits_and_are_new_every_time() -> None:
    made = {new_secret() for _ in range(50)}
    assert (len(made), {len(secret) for secret in made}) == (50, {32})
