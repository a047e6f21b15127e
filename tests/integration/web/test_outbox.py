"""The outbox's page: what waits and failed, why, and what can be done about it."""

from datetime import timedelta

from tests.house import House
from tests.integration.web.conftest import TODAY, Browser
from tests.models.reading import outbox, permanent


def failed(browser: Browser) -> tuple[str, int]:
    house: House = browser.house
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(*(permanent() for _ in range(9)))
    house.pass_time(TODAY)
    number = next(row.id for row in outbox(house) if row.outcome == "failed")
    house.mail._failures.clear()
    return ref, number


def test_an_empty_outbox_says_where_what_has_left_stands(browser: Browser) -> None:
    page = browser.become("admin").get("/outbox")
    assert "Utkorgen är tom" in page.words
    assert 'href="/ledger"' in page.text


def test_what_failed_is_shown_with_its_cause_in_words(browser: Browser) -> None:
    ref, _ = failed(browser)
    page = browser.become("admin").get("/outbox?state=failed")
    assert ref in page.text
    assert "E-postservern tar inte emot till den adressen (smtp_550)." in page.words


def test_an_admin_tries_again_and_a_coordinator_is_offered_nothing(browser: Browser) -> None:
    _, number = failed(browser)
    assert "/outbox/retry" not in browser.get("/outbox").text
    assert browser.post("/outbox/retry", {"message": str(number)}).status == 403
    admin = browser.become("admin")
    assert "/outbox/retry" in admin.get("/outbox").text
    assert admin.post("/outbox/retry", {"message": str(number), "back": "/outbox?state=failed"}).status == 303
    assert "1 meddelande är tillbaka i kön" in admin.get("/outbox").words
    browser.house.pass_time(TODAY + timedelta(minutes=5))
    assert next(row for row in outbox(browser.house) if row.id == number).outcome == "sent"


def test_a_whole_channel_is_tried_again(browser: Browser) -> None:
    failed(browser)
    admin = browser.become("admin")
    assert admin.post("/outbox/retry", {"channel": "email"}).status == 303
    assert "tillbaka i kön" in admin.get("/outbox").words


def test_a_message_goes_another_way_or_it_is_said_why_not(browser: Browser) -> None:
    _, number = failed(browser)
    admin = browser.become("admin")
    assert admin.post("/outbox/reroute", {"message": str(number), "role": "project_lead"}).status == 303
    assert "Meddelandet går till Projektledare i stället" in admin.get("/outbox").words
    admin.post("/outbox/reroute", {"message": str(number), "role": "project_lead"})
    assert "Den vägen finns inte, eller är redan prövad." in admin.get("/outbox").words


def test_bad_input_is_told_and_leads_nowhere_else(browser: Browser) -> None:
    admin = browser.become("admin")
    assert admin.get("/outbox?state=nonsense").status == 400
    assert admin.post("/outbox/retry", {"message": "x1"}).status == 404
    assert admin.post("/outbox/retry", {"message": "4711"}).status == 404
    back = admin.post("/outbox/held", {"do": "release", "back": "//elsewhere.example"})
    assert (back.status, back.headers["location"]) == (303, "/outbox")
