"""An invitation makes one account, once, for who works here, and only an operator gives it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from access.actors import OPERATOR
from access.passwords import WeakPasswordError
from engine.enrolling import (
    INVITED,
    Enrolled,
    InvitationGoneError,
    anybody_can_sign_in,
    enrol,
    invite,
    offer_of,
    recovery_codes_left,
    renew_recovery_codes,
)
from engine.errors import NotAllowedError, UnknownStaffError
from engine.sessions import NotProvedError, find_session
from engine.signing_in import CodeRefusedError, check_recovery_code
from engine.staffing import set_active
from tests.accounts import DESK, LIMITS, PASSWORD, Telephone, account_in
from tests.house import ROLES, House, moment
from workflows.errors import BevakaError

NOW = moment("2024-03-04")
EMAIL = ROLES["coordinator"]


def test_who_takes_up_an_invitation_is_in(house: House) -> None:
    assert not anybody_can_sign_in(house.engine)
    kim = account_in(house, NOW)
    assert find_session(house.engine, kim.enrolled.session, NOW, LIMITS) is not None
    assert anybody_can_sign_in(house.engine)


@pytest.mark.parametrize("role", ["coordinator", "unit_manager", "project_lead", "handler"])
def test_only_who_runs_the_system_invites(house: House, role: str) -> None:
    with pytest.raises(NotAllowedError):
        invite(house.engine, EMAIL, house.actor(role), NOW)
    assert invite(house.engine, EMAIL, house.actor("admin"), NOW).expires_at == NOW + INVITED


def test_nobody_is_invited_who_does_not_work_here(house: House) -> None:
    set_active(house.engine, EMAIL, False, OPERATOR)
    for email in (EMAIL, "nobody@bevaka.example"):
        with pytest.raises(UnknownStaffError):
            invite(house.engine, email, OPERATOR, NOW)


def test_who_leaves_takes_her_invitation_along(house: House) -> None:
    code = invite(house.engine, EMAIL, OPERATOR, NOW).code
    for active in (False, True):
        set_active(house.engine, EMAIL, active, OPERATOR)
    with pytest.raises(InvitationGoneError):
        offer_of(house.engine, code, NOW)


@pytest.mark.parametrize("code", ["", "x", "å\x00", "x" * 10_000])
def test_a_code_nobody_was_given_opens_nothing(house: House, code: str) -> None:
    with pytest.raises(InvitationGoneError):
        offer_of(house.engine, code, NOW)


def test_of_many_at_the_same_moment_one_takes_up_an_invitation(house: House) -> None:
    code = invite(house.engine, EMAIL, OPERATOR, NOW).code
    telephone = Telephone(offer_of(house.engine, code, NOW).secret)

    def one(_: int) -> Enrolled | type[BevakaError]:
        try:
            return enrol(house.engine, code, PASSWORD, telephone.code(NOW), DESK, NOW, LIMITS)
        except BevakaError as error:
            return type(error)

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(one, range(4)))
    assert done.count(InvitationGoneError) == 3
    assert recovery_codes_left(house.engine, house.staff["coordinator"]) == 10


def test_what_is_refused_leaves_the_invitation_good(house: House) -> None:
    code = invite(house.engine, EMAIL, OPERATOR, NOW).code
    telephone = Telephone(offer_of(house.engine, code, NOW).secret)
    with pytest.raises(WeakPasswordError):
        enrol(house.engine, code, EMAIL, telephone.code(NOW), DESK, NOW, LIMITS)
    with pytest.raises(CodeRefusedError):
        enrol(house.engine, code, PASSWORD, "000000", DESK, NOW, LIMITS)
    assert len(enrol(house.engine, code, PASSWORD, telephone.code(NOW), DESK, NOW, LIMITS).codes) == 10


def test_every_invitation_has_a_secret_of_its_own(house: House) -> None:
    codes = [invite(house.engine, ROLES[role], OPERATOR, NOW).code for role in ("coordinator", "deputy")]
    assert len({offer_of(house.engine, code, NOW).secret for code in codes}) == 2


def test_new_recovery_codes_want_a_fresh_proof_and_replace_the_old_ones(house: House) -> None:
    kim = account_in(house, NOW)
    engine = house.engine
    session = find_session(engine, kim.enrolled.session, NOW, LIMITS)
    assert session is not None
    with pytest.raises(NotProvedError):
        renew_recovery_codes(engine, session, NOW + timedelta(minutes=11))
    new = renew_recovery_codes(engine, session, NOW)
    with pytest.raises(CodeRefusedError):
        check_recovery_code(engine, kim.password_given(NOW), kim.enrolled.codes[0], DESK, NOW, LIMITS)
    assert check_recovery_code(engine, kim.password_given(NOW), new[0], DESK, NOW, LIMITS)
    assert recovery_codes_left(engine, kim.staff_id) == 9
