"""Sessions end: unused, used for long, signed out, everywhere, replaced; and they are the same for every process."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.sessions import (
    SessionLimits,
    end_everywhere,
    end_other,
    end_session,
    find_session,
    keep_flashes,
    sessions_of,
)
from engine.signing_in import prove_again
from storage.database import Database
from tests.accounts import DESK, ELSEWHERE, LIMITS, Account, account_in
from tests.house import House, moment

MADE = moment("2024-03-01")
NOW = moment("2024-03-04")


@pytest.fixture
def kim(house: House) -> Account:
    return account_in(house, MADE)


def is_in(kim: Account, name: str, minutes: float, limits: SessionLimits = LIMITS) -> bool:
    return find_session(kim.house.engine, name, NOW + timedelta(minutes=minutes), limits) is not None


def test_a_session_lasts_as_long_as_it_is_used(kim: Account) -> None:
    name = kim.sign_in(NOW)
    assert all(is_in(kim, name, 14 * place) for place in range(20))


def test_a_session_ends_when_nobody_uses_it(kim: Account) -> None:
    name = kim.sign_in(NOW)
    assert not is_in(kim, name, 15.1)
    assert not is_in(kim, name, 1)  # it is gone, not asleep


def test_a_session_ends_at_last_however_much_it_is_used(kim: Account) -> None:
    name = kim.sign_in(NOW)
    assert [is_in(kim, name, minutes) for minutes in range(0, 601, 10)] == [True] * 60 + [False]


def test_stricter_limits_hold_for_sessions_that_are_open_already(kim: Account) -> None:
    name = kim.sign_in(NOW)
    assert not is_in(kim, name, 6, SessionLimits(idle=timedelta(minutes=5)))


def test_proving_again_does_not_lengthen_a_session(kim: Account) -> None:
    name = kim.sign_in(NOW)
    for minutes in range(10, 600, 10):
        assert is_in(kim, name, minutes)
    late = NOW + timedelta(minutes=598)
    renewed = prove_again(kim.house.engine, name, kim.telephone.code(late), DESK, late, LIMITS)
    assert not is_in(kim, renewed, 600)


def test_signing_out_ends_one_session_and_signing_out_everywhere_all(kim: Account) -> None:
    later = [NOW + timedelta(minutes=place) for place in range(3)]
    first, second, third = (kim.sign_in(at) for at in later)
    end_session(kim.house.engine, first)
    assert [is_in(kim, name, 3) for name in (first, second, third)] == [False, True, True]
    assert end_everywhere(kim.house.engine, kim.staff_id) == 2
    assert [is_in(kim, name, 3) for name in (second, third)] == [False, False]


def test_a_session_is_known_to_every_process_and_ended_for_all_of_them(kim: Account) -> None:
    engine = kim.house.engine
    other = replace(engine, database=Database(engine.database.url.render_as_string(hide_password=False)))
    name = kim.sign_in(NOW)
    assert find_session(other, name, NOW, LIMITS) is not None
    end_session(engine, name)
    assert find_session(other, name, NOW, LIMITS) is None
    other.database.close()


def test_somebody_sees_her_own_sessions_and_ends_one_of_them(kim: Account) -> None:
    here = kim.sign_in(NOW)
    there = kim.sign_in(NOW + timedelta(minutes=1), ELSEWHERE)
    engine, at = kim.house.engine, NOW + timedelta(minutes=1)
    lines = sessions_of(engine, kim.staff_id, here, at, LIMITS)
    assert [(line.is_this, line.agent) for line in lines] == [(False, ""), (True, "Firefox")]
    end_other(engine, kim.house.staff["deputy"], lines[0].key, at)
    assert is_in(kim, there, 2)
    end_other(engine, kim.staff_id, lines[0].key, at)
    assert (is_in(kim, there, 2), is_in(kim, here, 2)) == (False, True)


def test_the_key_of_a_line_opens_nothing(kim: Account) -> None:
    here = kim.sign_in(NOW)
    line = sessions_of(kim.house.engine, kim.staff_id, here, NOW, LIMITS)[0]
    assert not is_in(kim, line.key, 0)


def test_what_is_left_to_be_said_is_said_by_whichever_process(kim: Account) -> None:
    name = kim.sign_in(NOW)
    keep_flashes(kim.house.engine, name, [("done", ("Klart", "rad"))])
    found = find_session(kim.house.engine, name, NOW, LIMITS)
    assert found is not None
    assert found.flashes == (("done", ("Klart", "rad")),)


@pytest.mark.parametrize("name", ["", "x", "å\x00", "x" * 100_000])
def test_a_name_nobody_has_finds_nothing(kim: Account, name: str) -> None:
    assert not is_in(kim, name, 0)
