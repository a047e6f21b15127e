"""The same event on several cases: previewed case by case, some of it refused, sent twice and done once."""

from engine.inspecting import CaseFilter, caseload
from tests.house import House
from tests.integration.web.conftest import TODAY, Browser, Page

HELD = {"event": "hold_meeting", "a.held_on": "2024-03-01", "a.met_on": "2024-03-01"}
REST = {"event": "deadline.snooze", "a.until_on": "2024-03-06", "a.reason": "semester"}


def post(browser: Browser, picks: list[str], **more: str) -> Page:
    """Send a form that names several cases."""
    sent = {"csrf": browser.token(), "pick": picks, "back": "/cases", **more}
    return browser.send("POST", "/cases/several", data=sent)


def states(house: House) -> list[str]:
    found = caseload(house.engine, house.actor("coordinator"), TODAY, CaseFilter())
    return sorted(line.state for line in found.lines)


def test_what_can_be_done_is_offered_with_how_many_can(browser: Browser) -> None:
    held, other = browser.house.open_many(2, "2024-02-07")
    browser.house.fire(held, "record_consent", TODAY)
    page = post(browser, [f"{held}.2", f"{other}.1"])
    assert "2 ärenden är valda." in page.words
    assert "Möte hållet går i 2 av 2" in page.words
    assert "Boka möte går i 1 av 2" in page.words
    assert "samtycke" not in page.words, "a consent is each person's own"


def test_choosing_none_is_told(browser: Browser) -> None:
    assert post(browser, []).headers["location"] == "/cases"
    assert "Inget ärende är valt." in browser.get("/cases").words


def test_a_preview_says_of_each_case_what_happens_or_why_not(browser: Browser) -> None:
    soon, overdue = browser.house.open_case("2024-02-07"), browser.house.open_case("2024-01-15")
    page = post(browser, [f"{soon}.1", f"{overdue}.1"], do="preview", **REST)
    assert "Det går i 1 av 2." in page.words
    assert f"{overdue} Går inte Till kan inte ligga efter bevakningens datum." in page.words.replace("”", "")
    assert f"{soon} Går bra" in page.words
    assert states(browser.house) == ["granted", "granted"]


def test_it_happens_in_the_cases_that_can_and_the_others_are_told(browser: Browser) -> None:
    first, second = browser.house.open_many(2, "2024-02-07")
    browser.house.fire(second, "record_consent", TODAY)  # somebody was faster
    page = post(browser, [f"{first}.1", f"{second}.1"], do="apply", **HELD)
    assert "Klart i 1 av 2 ärenden." in page.words
    assert f"{second} Går inte Någon annan hann före" in page.words
    assert states(browser.house) == ["following", "granted"]


def test_sent_twice_it_happens_once(browser: Browser) -> None:
    refs = browser.house.open_many(2, "2024-02-07")
    picks = [f"{ref}.1" for ref in refs]
    post(browser, picks, do="apply", **HELD)
    events = browser.house.count("history")
    assert post(browser, picks, do="apply", **HELD).status in {200, 422}
    assert browser.house.count("history") == events


def test_an_answer_that_cannot_be_read_comes_back_with_the_form(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = post(browser, [f"{ref}.1"], do="preview", **HELD | {"a.held_on": "snart"})
    assert page.status == 422
    assert "Går inte att läsa" in page.words


def test_a_foreign_case_is_refused_like_one_that_does_not_exist(browser: Browser) -> None:
    mine, foreign = browser.house.open_case("2024-02-07"), browser.house.open_case("2024-02-07", unit="south")
    page = post(browser, [f"{mine}.1", f"{foreign}.1"], do="apply", **HELD)
    assert f"{foreign} Går inte Ärendet finns inte" in page.words
    assert "Klart i 1 av 2 ärenden." in page.words


def test_whoever_only_looks_is_offered_no_boxes(browser: Browser) -> None:
    browser.house.open_case("2024-02-07")
    assert 'name="pick"' in browser.get("/cases").text
    assert 'name="pick"' not in browser.become("project_lead").get("/cases").text
