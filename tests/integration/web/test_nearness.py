"""Near a person, page by page: opening a colleague's case with a reason, and what was disclosed to a handler."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from engine.disclosing import disclose
from storage import tables
from tests.accounts import account_in
from tests.integration.web.conftest import TODAY, Browser

REASON = "Patienten ringer akut och kollegan nås inte"


@pytest.fixture
def ref(browser: Browser) -> str:
    return browser.house.open_case("2024-02-15")


def test_a_colleague_is_offered_to_open_the_case_and_sees_the_person_for_an_hour(browser: Browser, ref: str) -> None:
    browser.become("deputy")
    assert "Öppna ändå" in browser.get(f"/cases/{ref}").words
    assert browser.post(f"/cases/{ref}/person").status == 403
    assert browser.get(f"/cases/{ref}/break-glass").status == 200
    assert browser.post(f"/cases/{ref}/break-glass", {"reason": REASON}).status == 303
    assert "Enhetschefen har fått besked" in browser.get(f"/cases/{ref}").words
    assert "Testperson" in browser.post(f"/cases/{ref}/person").words


def test_without_a_reason_the_form_comes_back_with_what_is_wrong(browser: Browser, ref: str) -> None:
    browser.become("deputy")
    page = browser.post(f"/cases/{ref}/break-glass", {"reason": "akut"})
    assert (page.status, "10 till 500 tecken" in page.words) == (422, True)
    assert browser.house.count("break_glass") == 0


@pytest.mark.parametrize("role", ["coordinator", "unit_manager", "project_lead", "admin", "handler"])
def test_who_sees_the_person_or_never_may_is_not_offered_it(browser: Browser, ref: str, role: str) -> None:
    browser.become(role)
    assert "break-glass" not in browser.get(f"/cases/{ref}").text
    assert browser.get(f"/cases/{ref}/break-glass").status == 404
    assert browser.post(f"/cases/{ref}/break-glass", {"reason": REASON}).status == 403


def test_a_protected_identity_is_not_offered(browser: Browser, ref: str) -> None:
    with browser.house.engine.database.write() as connection:
        connection.execute(update(tables.person).values(protected=True))
    browser.become("deputy")
    assert "break-glass" not in browser.get(f"/cases/{ref}").text


def test_in_a_real_house_one_shows_anew_who_one_is(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    visitor.sign_in(account_in(visitor.house, TODAY - timedelta(days=1), "deputy"))
    visitor.now[0] += timedelta(minutes=12)
    assert visitor.post(f"/cases/{ref}/break-glass", {"reason": REASON}).status == 403
    assert visitor.house.count("break_glass") == 0


def test_a_handler_reads_what_was_disclosed_and_the_reading_is_logged(browser: Browser, ref: str) -> None:
    house = browser.house
    told = ["decision_date", "person.name"]
    disclose(house.engine, ref, told, house.actor("coordinator"), TODAY, asked_on=date(2024, 3, 1))
    browser.become("handler")
    page = browser.get(f"/cases/{ref}")
    assert ("Testperson" in page.words, "Visa utlämnade uppgifter" in page.words) == (False, True)
    assert "Testperson" in browser.post(f"/cases/{ref}/disclosed").words
    with house.engine.database.read() as connection:
        assert connection.execute(select(tables.access_log.c.action)).scalars().all() == ["see_disclosed"]


def test_nobody_else_has_such_a_page(browser: Browser, ref: str) -> None:
    assert browser.post(f"/cases/{ref}/disclosed").status == 404


def test_a_handler_is_not_told_that_nothing_is_watched_when_she_may_not_know(browser: Browser, ref: str) -> None:
    browser.become("handler")
    page = browser.get(f"/cases/{ref}")
    assert ("Ingen bevakning visas för dig" in page.words, "inget bevakas" in page.words.lower()) == (True, False)
