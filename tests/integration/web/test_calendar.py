"""The calendar's page and the address of its feed."""

import re

import pytest

from tests.integration.web.conftest import Browser


def secret_of(browser: Browser) -> str:
    found = re.search(r"/calendar/feed/([A-Za-z0-9_-]{43})\.ics", browser.post("/calendar/feed").text)
    assert found
    return found[1]


def test_what_the_grid_shows_is_in_the_list(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-05")
    page = browser.get("/calendar?on=2024-03-01")
    assert "Mars 2024" in page.words
    grid, listed = page.text.split("</table>", 1)
    assert ref in grid
    assert f'Första möte <span class="ref">{ref}</span>' in listed
    assert 'aria-hidden="true"' in grid


def test_a_week_is_named_by_its_number(browser: Browser) -> None:
    assert "Vecka 1, 2025" in browser.get("/calendar?view=week&on=2024-12-30").words


@pytest.mark.parametrize("query", ["on=i+morgon", "view=year", "on=1066-10-14"])
def test_what_no_calendar_has_is_a_bad_address(browser: Browser, query: str) -> None:
    assert browser.get(f"/calendar?{query}").status == 400


def test_an_empty_calendar_says_what_to_do(browser: Browser) -> None:
    assert "Inget den här tiden Bläddra framåt" in browser.get("/calendar?on=2030-01-01").words


def test_a_feed_needs_no_session_and_knows_what_one_has_already(browser: Browser) -> None:
    browser.house.open_case("2024-02-05")
    path = f"/calendar/feed/{secret_of(browser)}.ics"
    browser.client.cookies.clear()
    first = browser.get(path)
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.text.startswith("BEGIN:VCALENDAR")
    assert browser.get(path, **{"if-none-match": first.headers["etag"]}).status == 304


def test_an_address_is_shown_once_and_opens_nothing_once_revoked(browser: Browser) -> None:
    secret = secret_of(browser)
    page = browser.get("/calendar")
    assert secret not in page.text
    assert "Återkalla adressen" in page.words
    browser.post("/calendar/feed/revoke")
    assert browser.get(f"/calendar/feed/{secret}.ics").status == 404


def test_a_feed_that_is_asked_too_often_says_when_it_answers_again(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.feeding.MOST_AN_HOUR", 1)
    path = f"/calendar/feed/{secret_of(browser)}.ics"
    assert browser.get(path).status == 200
    busy = browser.get(path)
    assert (busy.status, busy.headers["retry-after"]) == (429, "3601")
