"""The access code: readable, random, and not to be found by trying."""

import re

import pytest

from tests.unit.web.test_sessions import Hand
from web.access import TRIES, WINDOW, AccessDoor, new_code
from web.errors import TooManyTriesError, WrongCodeError


def test_a_code_is_twelve_letters_without_any_to_misread() -> None:
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", new_code())
    assert len({new_code() for _ in range(100)}) == 100


def test_a_code_is_right_in_small_letters_and_without_its_groups() -> None:
    door = AccessDoor()
    door.check(door.code)
    door.check(f" {door.code.lower().replace('-', ' ')} ")


def test_after_too_many_wrong_codes_the_right_one_is_not_looked_at_for_a_while() -> None:
    clock = Hand()
    door = AccessDoor(clock)
    for _ in range(TRIES):
        with pytest.raises(WrongCodeError):
            door.check("0000-0000-000")
    with pytest.raises(TooManyTriesError):
        door.check(door.code)
    clock.at += WINDOW
    door.check(door.code)
