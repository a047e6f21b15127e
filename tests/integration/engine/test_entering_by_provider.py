"""Whom the provider names is let in as the member of staff she is; each way there leads back once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from access.actors import OPERATOR
from access.oidc import Claimed
from engine.entering_by_provider import NotStaffError, NotUnderWayError, come_back, enter_as, set_out
from engine.sessions import Method, find_session
from engine.staffing import set_active
from storage.account_tables import oidc_attempt, oidc_link
from tests.accounts import DESK, LIMITS
from tests.house import ROLES, House, moment
from workflows.errors import BevakaError

NOW = moment("2024-03-04")
ISSUER = "https://sso.region.example"
KIM = Claimed(ISSUER, "kim-7", ROLES["coordinator"])


def test_who_comes_back_goes_on_with_what_she_set_out_with(house: House) -> None:
    challenge = set_out(house.engine, "browser", "/ledger", NOW)
    back = come_back(house.engine, "browser", challenge.state, NOW)
    assert (back.challenge, back.go_on) == (challenge, "/ledger")


@pytest.mark.parametrize(
    ("browser", "state", "minutes"),
    [("another", None, 0), ("browser", "another", 0), ("browser", "", 0), ("browser", None, 10)],
)
def test_nobody_comes_back_by_another_way(house: House, browser: str, state: str | None, minutes: int) -> None:
    challenge = set_out(house.engine, "browser", "/", NOW)
    with pytest.raises(NotUnderWayError):
        come_back(house.engine, browser, challenge.state if state is None else state, NOW + timedelta(minutes=minutes))


def test_of_many_who_come_back_at_the_same_moment_one_does(house: House) -> None:
    challenge = set_out(house.engine, "browser", "/", NOW)

    def one(_: int) -> bool:
        try:
            return come_back(house.engine, "browser", challenge.state, NOW).challenge == challenge
        except BevakaError:
            return False

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(one, range(6))) == 1


def test_what_is_under_way_is_sealed_and_swept_away_later(house: House) -> None:
    challenge = set_out(house.engine, "browser", "/cases/BV-0000-0000", NOW)
    with house.engine.database.read() as connection:
        kept = str(connection.execute(select(oidc_attempt)).all())
    assert not any(secret in kept for secret in (challenge.state, challenge.nonce, challenge.verifier, "BV-0000"))
    set_out(house.engine, "browser", "/", NOW + timedelta(minutes=11))
    assert house.count("oidc_attempt") == 1


def test_the_first_time_she_is_known_by_her_address_and_then_by_the_providers_name(house: House) -> None:
    for claimed in (KIM, Claimed(ISSUER, "kim-7", "gift@bevaka.example"), Claimed(ISSUER, "kim-7", None)):
        found = find_session(house.engine, enter_as(house.engine, claimed, DESK, NOW, LIMITS), NOW, LIMITS)
        assert found is not None
        assert (found.staff_id, found.method) == (house.staff["coordinator"], Method.OIDC)


@pytest.mark.parametrize(
    "claimed",
    [
        Claimed(ISSUER, "x", None),
        Claimed(ISSUER, "x", "nobody@bevaka.example"),
        Claimed(ISSUER, "x", ""),
        Claimed(ISSUER, "another", ROLES["coordinator"]),  # the address was somebody else's before
    ],
)
def test_who_is_none_of_the_staff_is_not_let_in(house: House, claimed: Claimed) -> None:
    enter_as(house.engine, KIM, DESK, NOW, LIMITS)
    with pytest.raises(NotStaffError):
        enter_as(house.engine, claimed, DESK, NOW, LIMITS)


def test_another_providers_name_is_another_name(house: House) -> None:
    enter_as(house.engine, KIM, DESK, NOW, LIMITS)
    with pytest.raises(NotStaffError):
        enter_as(house.engine, Claimed("https://another.example", "kim-7", None), DESK, NOW, LIMITS)


def test_who_is_disabled_is_not_let_in(house: House) -> None:
    enter_as(house.engine, KIM, DESK, NOW, LIMITS)
    set_active(house.engine, ROLES["coordinator"], False, OPERATOR)
    with pytest.raises(NotStaffError):
        enter_as(house.engine, KIM, DESK, NOW, LIMITS)


def test_of_two_names_for_one_address_at_the_same_moment_one_is_linked(house: House) -> None:
    def one(place: int) -> bool:
        try:
            return bool(enter_as(house.engine, Claimed(ISSUER, f"name-{place}", KIM.address), DESK, NOW, LIMITS))
        except NotStaffError:
            return False

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(one, range(5))) == 1
    with house.engine.database.read() as connection:
        assert len(connection.execute(select(oidc_link)).all()) == 1
