"""My day: what is mine today, done from the list, without a script."""

import re

import pytest
from sqlalchemy import event

from engine import inspecting_day
from engine.inspecting import day_of
from tests.integration.web.conftest import TODAY, Browser, Page

OVERDUE, TODAYS, WITHIN = "2024-01-15", "2024-02-04", "2024-02-07"  # decided on; each meeting is due a month later


def section(page: Page, name: str) -> str:
    """Return what one section of the day says."""
    body = page.text.split(f'id="s-{name}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_each_deadline_stands_where_it_belongs(browser: Browser) -> None:
    refs = {name: browser.house.open_case(day) for name, day in
            (("overdue", OVERDUE), ("today", TODAYS), ("week", WITHIN))}  # fmt: skip
    later = browser.house.open_case("2024-03-01")
    page = browser.get("/")
    assert all(ref in section(page, name) for name, ref in refs.items())
    assert later not in page.text


def test_a_line_says_what_when_and_what_comes_next(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN)
    browser.house.pass_time(TODAY)
    words = section(browser.get("/"), "week")
    assert f"om 3 dagar tors 7 mars Första möte {ref} Beviljad · eskaleras fre 8 mars kl. 08:00" in words


def test_an_empty_day_teaches(browser: Browser) -> None:
    words = browser.get("/").words
    assert "Inget är försenat." in words
    assert "Det som kommer senare bevakas och dyker upp här när det är dags." in words


def test_an_address_of_the_former_list_leads_to_where_it_is_now(browser: Browser) -> None:
    answer = browser.get("/?band=overdue&unit=north")
    assert (answer.status, answer.headers["location"]) == (308, "/cases?band=overdue&unit=north")


def from_the_list(browser: Browser, ref: str, form: str, **answers: str) -> Page:
    named = {f"a.{name}": value for name, value in answers.items()}
    sent = {"form": form, "entry": "1", "do": "apply", "back": "/#n1", "line": "meeting", **named}
    return browser.post(f"/cases/{ref}/events", sent)


def test_a_deadline_is_acknowledged_from_the_list_and_one_is_back_at_its_line(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN)
    answer = from_the_list(browser, ref, "ack-meeting", deadline="meeting", until_on="2024-03-06")
    assert (answer.status, answer.headers["location"]) == (303, f"/?undo={ref}&at=1#n1")
    page = browser.get("/")
    assert f"{ref} · Klart: Kvittera: Första möte" in page.words
    assert "kvitterad till ons 6 mars" in section(page, "waiting")


def test_an_overdue_deadline_stays_overdue_though_it_is_acknowledged(browser: Browser) -> None:
    ref = browser.house.open_case(OVERDUE)
    from_the_list(browser, ref, "ack-meeting", deadline="meeting", until_on="2024-03-06")
    assert "kvitterad till ons 6 mars" in section(browser.get("/"), "overdue")


def test_a_meeting_is_logged_from_the_list(browser: Browser) -> None:
    ref = browser.house.open_case(OVERDUE)
    assert from_the_list(browser, ref, "move-hold_meeting", held_on="2024-03-01", met_on="2024-03-01").status == 303
    assert ref not in section(browser.get("/"), "overdue")


def test_a_wrong_answer_comes_back_with_its_line_open(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN)
    page = from_the_list(browser, ref, "ack-meeting", deadline="meeting", until_on="soon")
    assert page.status == 422
    assert "Går inte att läsa" in section(page, "week")
    assert '<details class="act " open>' in page.text


def test_a_booked_meeting_waits(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN)
    browser.house.fire(ref, "record_consent", TODAY)
    browser.event(ref, "move-book_meeting", meeting_at="2024-03-06T10:00", place="clinic")
    assert "mötet är bokat ons 6 mars kl. 10:00" in section(browser.get("/"), "waiting")


def test_a_unit_manager_sees_her_unit_by_coordinator(browser: Browser) -> None:
    browser.house.open_case(OVERDUE)
    words = browser.become("unit_manager").get("/").words
    assert "Per koordinator Koordinator Försenat I dag Inom en vecka Prov coordinator 1 0 0" in words


def test_a_project_lead_sees_every_unit(browser: Browser) -> None:
    browser.house.open_case(OVERDUE)
    browser.house.open_case(TODAYS, unit="south")
    words = browser.become("project_lead").get("/").words
    assert "Mottagning north 1 0 0 Mottagning south 0 1 0" in words


def test_a_handler_sees_nothing_of_a_case_before_care_may_tell_her(browser: Browser) -> None:
    house, ref = browser.house, browser.house.open_case(WITHIN)
    assert day_of(house.engine, house.actor("handler"), TODAY).lines == ()
    house.fire(ref, "record_consent", TODAY)
    (line,) = day_of(house.engine, house.actor("handler"), TODAY).lines
    assert (line.ref, line.owner, line.unit, line.explanation.sv) == (ref, None, "", "")


@pytest.mark.parametrize("path", ["/", "/cases", "/cases?state=granted&sort=ref", "/live?seen=BV-0000-0000.1"])
def test_the_number_of_statements_does_not_grow_with_the_cases(browser: Browser, path: str) -> None:
    asked: list[str] = []
    browser.house.open_many(2, WITHIN)
    browser.get(path)
    event.listen(browser.house.engine.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    browser.get(path)
    few = len(asked)
    browser.house.open_many(20, WITHIN)
    asked.clear()
    browser.get(path)
    assert len(asked) == few <= 24


def test_the_number_of_statements_of_a_case_does_not_grow_with_its_history(browser: Browser) -> None:
    asked: list[str] = []
    ref = browser.house.open_case(WITHIN)
    browser.get(f"/cases/{ref}")
    event.listen(browser.house.engine.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    browser.get(f"/cases/{ref}")
    few = len(asked)
    for _ in range(5):
        browser.house.fire(ref, "record_consent", TODAY)
    asked.clear()
    browser.get(f"/cases/{ref}")
    assert len(asked) == few <= 30


def test_a_page_is_told_how_many_of_its_cases_have_changed(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN)
    seen = f"/live?seen={ref}.1"
    first = browser.get(seen)
    assert first.text == '{"changed":0}'
    assert browser.get(seen, **{"If-None-Match": first.headers["etag"]}).status == 304
    browser.house.fire(ref, "record_consent", TODAY)
    assert browser.get(seen, **{"If-None-Match": first.headers["etag"]}).text == '{"changed":1}'
    assert browser.get("/live?seen=nonsense").status == 400


def test_what_was_logged_by_mistake_is_undone_from_the_list(browser: Browser) -> None:
    ref = browser.house.open_case(WITHIN, programme="aktiv-2023")
    asked = {"form": "move-hold_first_meeting", "entry": "1", "do": "apply", "a.held_on": "2024-03-04"}
    back = browser.post(f"/cases/{ref}/events", asked | {"back": "/#n1", "line": "first_meeting"}).headers["location"]
    offered = browser.get(back.partition("#")[0])
    assert f"{ref} Senast: Första möte hållet" in offered.words
    assert browser.post(f"/cases/{ref}/undo", {"seq": "2", "back": "/"}).status == 303
    page = browser.get("/")
    assert f"{ref} · Ångrat: Första möte hållet" in page.words
    assert f"Första möte {ref} Beviljad" in section(page, "week")
    assert browser.post(f"/cases/{ref}/undo", {"seq": "2", "back": "/"}).status == 409


def test_a_day_of_more_than_can_be_shown_says_so(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.house.open_many(3, WITHIN)
    monkeypatch.setattr(inspecting_day, "MOST", 2)
    page = browser.get("/")
    assert "Inom en vecka minst 2" in section(page, "week")
    assert "minst" not in section(page, "overdue")
    assert "De 2 mest brådskande visas." in page.words


def test_what_was_done_is_said_where_it_was_done_and_once(browser: Browser) -> None:
    first, _ = browser.house.open_many(2, OVERDUE)
    answer = from_the_list(browser, first, "ack-meeting", deadline="meeting", until_on="2024-03-06")
    page = browser.get(answer.headers["location"].partition("#")[0])
    assert "Klart: Kvittera: Första möte" in section(page, "overdue")
    assert page.text.count('id="n1"') == page.text.count("Klart: Kvittera") == 1
    assert "Klart" not in browser.get("/").words
