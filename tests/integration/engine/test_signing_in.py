"""Only who has the password and the telephone comes in; each code once; guessing is slowed, and locks nobody out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from access.actors import OPERATOR
from access.passwords import is_outdated
from engine.sessions import CameFrom, SessionGoneError, Stage, find_session
from engine.signing_in import (
    CodeRefusedError,
    SignInRefusedError,
    SignInWaitError,
    check_code,
    check_password,
    check_recovery_code,
    prove_again,
)
from engine.staffing import set_active
from storage.account_tables import account, recovery_code, session, sign_in_attempt
from storage.accounts import account_of
from tests.accounts import DESK, ELSEWHERE, LIMITS, PASSWORD, Account, account_in
from tests.house import House, moment
from workflows.errors import BevakaError

MADE = moment("2024-03-01")
NOW = moment("2024-03-04")
WRONG = "tre blå hästar i taket"
KEPT = (account, recovery_code, session, sign_in_attempt)


@pytest.fixture
def kim(house: House) -> Account:
    return account_in(house, MADE)


def outcomes(call: Callable[[int], str], number: int) -> list[str | type[BevakaError]]:
    """Do something many times at the same moment; return what became of each."""

    def one(place: int) -> str | type[BevakaError]:
        try:
            return call(place)
        except BevakaError as error:
            return type(error)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def guess(kim: Account, now: datetime, came_from: CameFrom, password: str = WRONG) -> None:
    with pytest.raises(SignInRefusedError):
        check_password(kim.house.engine, kim.email, password, came_from, now, LIMITS)


def test_password_and_code_lead_in(kim: Account) -> None:
    found = find_session(kim.house.engine, kim.sign_in(NOW), NOW, LIMITS)
    assert found is not None
    assert (found.staff_id, found.stage) == (kim.staff_id, Stage.FULL)


def test_a_password_alone_leads_to_the_code_and_no_further(kim: Account) -> None:
    half = kim.password_given(NOW)
    found = find_session(kim.house.engine, half, NOW, LIMITS)
    assert found is not None
    assert found.stage is Stage.CODE
    later = NOW + timedelta(minutes=10)
    with pytest.raises(SessionGoneError):
        check_code(kim.house.engine, half, kim.telephone.code(later), DESK, later, LIMITS)


@pytest.mark.parametrize(
    "email", ["nobody@bevaka.example", "manager@bevaka.example", "", "å@x.example", "kim\x00@x.example", "x" * 10_000]
)
def test_who_has_no_account_hears_what_a_wrong_password_hears(kim: Account, email: str) -> None:
    with pytest.raises(SignInRefusedError) as unknown:
        check_password(kim.house.engine, email, PASSWORD, DESK, NOW, LIMITS)
    with pytest.raises(SignInRefusedError) as wrong:
        check_password(kim.house.engine, kim.email, "wrong", DESK, NOW, LIMITS)
    assert str(unknown.value) == str(wrong.value)


def test_a_code_is_accepted_once(kim: Account) -> None:
    code = kim.telephone.code(NOW)
    kim.sign_in(NOW)
    for later in (NOW, NOW + timedelta(seconds=29)):
        with pytest.raises(CodeRefusedError):
            check_code(kim.house.engine, kim.password_given(later), code, DESK, later, LIMITS)


def test_the_code_of_enrolment_is_used_up(kim: Account) -> None:
    with pytest.raises(CodeRefusedError):
        check_code(kim.house.engine, kim.password_given(MADE), kim.telephone.code(MADE), DESK, MADE, LIMITS)


def test_a_code_before_the_last_one_is_not_accepted_either(kim: Account) -> None:
    before = kim.telephone.code(NOW, -1)
    kim.sign_in(NOW)
    with pytest.raises(CodeRefusedError):
        check_code(kim.house.engine, kim.password_given(NOW), before, DESK, NOW, LIMITS)


def test_of_many_with_the_same_code_at_the_same_moment_one_comes_in(kim: Account) -> None:
    halves = [kim.password_given(NOW) for _ in range(4)]
    code = kim.telephone.code(NOW)
    done = outcomes(lambda place: check_code(kim.house.engine, halves[place], code, DESK, NOW, LIMITS), 4)
    assert sum(isinstance(one, str) for one in done) == 1
    assert done.count(CodeRefusedError) == 3


def test_one_half_open_session_is_completed_once(kim: Account) -> None:
    half = kim.password_given(NOW)
    codes = [kim.telephone.code(NOW, drift) for drift in (-1, 0, 1)]
    done = outcomes(lambda place: check_code(kim.house.engine, half, codes[place], DESK, NOW, LIMITS), 3)
    assert sum(isinstance(one, str) for one in done) == 1


def test_a_recovery_code_leads_in_once(kim: Account) -> None:
    code = kim.enrolled.codes[0]
    halves = [kim.password_given(NOW) for _ in range(3)]
    done = outcomes(lambda place: check_recovery_code(kim.house.engine, halves[place], code, DESK, NOW, LIMITS), 3)
    assert sum(isinstance(one, str) for one in done) == 1
    with pytest.raises(CodeRefusedError):
        check_recovery_code(kim.house.engine, kim.password_given(NOW), code, DESK, NOW, LIMITS)


def test_a_recovery_code_of_somebody_else_is_none(kim: Account) -> None:
    lo = account_in(kim.house, MADE, "deputy")
    with pytest.raises(CodeRefusedError):
        check_recovery_code(kim.house.engine, kim.password_given(NOW), lo.enrolled.codes[0], DESK, NOW, LIMITS)


def test_five_wrong_codes_end_the_attempt(kim: Account) -> None:
    half = kim.password_given(NOW)
    for _ in range(5):
        with pytest.raises(CodeRefusedError):
            check_code(kim.house.engine, half, "000000", DESK, NOW, LIMITS)
    later = NOW + timedelta(minutes=5)
    with pytest.raises(SessionGoneError):
        check_code(kim.house.engine, half, kim.telephone.code(later), DESK, later, LIMITS)


def test_guessing_is_slowed_and_the_right_password_is_not_looked_at_meanwhile(kim: Account) -> None:
    for _ in range(5):
        guess(kim, NOW, ELSEWHERE)
    with pytest.raises(SignInWaitError) as waits:
        kim.password_given(NOW, ELSEWHERE)
    assert waits.value.seconds == 30
    assert kim.password_given(NOW + timedelta(seconds=31), ELSEWHERE)


def test_nobody_elsewhere_can_lock_somebody_out_at_her_own_desk(kim: Account) -> None:
    at = NOW
    for place in range(12):
        stranger = CameFrom(f"198.51.100.{place}", "")
        try:
            guess(kim, at, stranger)
        except SignInWaitError:
            break
    else:
        pytest.fail("guessing from many addresses is not slowed")
    assert kim.sign_in(at)


def test_a_wait_begun_by_strangers_ends(kim: Account) -> None:
    for _ in range(5):
        guess(kim, NOW, ELSEWHERE)
    assert kim.sign_in(NOW + timedelta(minutes=15), CameFrom("203.0.113.5", "Firefox"))


def test_stuffing_from_one_address_is_slowed_whatever_the_account(kim: Account) -> None:
    engine = kim.house.engine
    for place in range(20):
        with pytest.raises(SignInRefusedError):
            check_password(engine, f"somebody{place}@bevaka.example", "x", ELSEWHERE, NOW, LIMITS)
    with pytest.raises(SignInWaitError):
        check_password(engine, "somebody@bevaka.example", "x", ELSEWHERE, NOW, LIMITS)
    assert kim.sign_in(NOW)


def test_many_guesses_at_the_same_moment_are_no_more_than_those_counted(kim: Account) -> None:
    done = outcomes(lambda _: check_password(kim.house.engine, kim.email, "x", ELSEWHERE, NOW, LIMITS), 12)
    assert done.count(SignInRefusedError) == 5
    assert done.count(SignInWaitError) == 7


def test_wrong_codes_slow_down_as_wrong_passwords_do(kim: Account) -> None:
    half = kim.password_given(NOW, ELSEWHERE)
    for _ in range(5):
        with pytest.raises(CodeRefusedError):
            check_code(kim.house.engine, half, "000000", ELSEWHERE, NOW, LIMITS)
    with pytest.raises(SignInWaitError):
        kim.password_given(NOW, ELSEWHERE)


def test_who_is_disabled_comes_in_nowhere(kim: Account) -> None:
    half, inside = kim.password_given(NOW), kim.sign_in(NOW)
    set_active(kim.house.engine, kim.email, False, OPERATOR)
    assert find_session(kim.house.engine, inside, NOW, LIMITS) is None
    with pytest.raises(SessionGoneError):
        check_code(kim.house.engine, half, kim.telephone.code(NOW, 1), DESK, NOW, LIMITS)
    guess(kim, NOW, DESK, PASSWORD)


def test_who_is_back_has_no_session_until_she_signs_in_anew(kim: Account) -> None:
    inside = kim.sign_in(NOW)
    for active in (False, True):
        set_active(kim.house.engine, kim.email, active, OPERATOR)
    assert find_session(kim.house.engine, inside, NOW, LIMITS) is None
    assert kim.sign_in(NOW + timedelta(minutes=1))


def test_proving_again_gives_the_session_a_new_name(kim: Account) -> None:
    inside = kim.sign_in(NOW)
    later = NOW + timedelta(minutes=12)
    engine = kim.house.engine
    seen = find_session(engine, inside, later, LIMITS)
    assert seen is not None
    assert not seen.is_fresh(later)
    renewed = prove_again(engine, inside, kim.telephone.code(later), DESK, later, LIMITS)
    found = find_session(engine, renewed, later, LIMITS)
    assert found is not None
    assert found.is_fresh(later)
    assert find_session(engine, inside, later, LIMITS) is None


def test_a_half_open_session_proves_nothing(kim: Account) -> None:
    with pytest.raises(SessionGoneError):
        prove_again(kim.house.engine, kim.password_given(NOW), kim.telephone.code(NOW), DESK, NOW, LIMITS)


def test_a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in(kim: Account) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=64).hash(PASSWORD)
    with kim.house.engine.database.write() as connection:
        connection.execute(update(account).where(account.c.staff_id == kim.staff_id).values(password_hash=old))
    kim.sign_in(NOW)
    with kim.house.engine.database.read() as connection:
        found = account_of(connection, kim.staff_id)
    assert found is not None
    assert not is_outdated(found.password_hash)


def test_nothing_typed_is_kept_in_the_clear(kim: Account) -> None:
    kim.sign_in(NOW)
    guess(kim, NOW, ELSEWHERE, "ett annat lösenord")
    with kim.house.engine.database.read() as connection:
        rows = [str(connection.execute(select(table)).all()) for table in KEPT]
    told = " ".join(rows)
    for secret in (PASSWORD, "annat", kim.telephone.secret, DESK.address, ELSEWHERE.address, *kim.enrolled.codes):
        assert secret not in told
