"""Every page, in both languages, for those who may see it."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.fakes.demo import FakeItem
from tests.integration.web.conftest import TODAY, Browser
from web.demo_door import Journey

PAGES = ("/", "/cases", "/ledger", "/mailbox", "/time", "/system")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_opens_in_both_languages(browser: Browser, path: str, language: str) -> None:
    browser.become("admin")
    page = browser.get(path, **{"Accept-Language": language})
    assert page.status == 200
    assert f'<html lang="{language}">' in page.text


@pytest.mark.parametrize("path", [*PAGES, "/cases/BV-0000-0000"])
def test_a_page_has_one_main_heading_a_landmark_and_a_way_past_the_menu(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.text.count("<h1") == 1
    assert '<main id="main"' in page.text
    assert page.text.index('href="#main"') < page.text.index("<header")


def test_the_caseload_says_what_is_overdue_in_words(browser: Browser) -> None:
    ref = browser.house.open_case("2024-01-15")
    page = browser.get("/cases")
    assert f"18 dagar försenad tors 15 feb Första möte {ref} Beviljad Prov coordinator" in page.words


def test_the_caseload_counts_and_links_each_band(browser: Browser) -> None:
    browser.house.open_case("2024-01-15")
    browser.house.open_case("2024-03-01")
    words = browser.get("/cases").words
    assert "Försenade 1 Denna vecka 0 Senare 1" in words
    assert "Första möte" in browser.get("/cases?band=later").words


def test_filters_stay_in_the_address_and_in_the_form(browser: Browser) -> None:
    browser.house.open_case("2024-01-15")
    page = browser.get("/cases?programme=prov&state=granted&q=bv-")
    assert '<option value="granted" selected>' in page.text
    assert "programme=prov&amp;state=granted&amp;band=overdue&amp;q=bv-" in page.text


def test_a_long_caseload_is_paged(browser: Browser) -> None:
    refs = browser.house.open_many(60, "2024-01-15")
    first = browser.get("/cases")
    following = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following)
    assert sum(ref in first.text for ref in refs) == 50
    assert all((ref in first.text) != (ref in second.text) for ref in refs)


@pytest.mark.parametrize("query", ["band=soon", "after=@@@", "q=" + "x" * 50])
def test_an_address_with_a_value_that_is_not_allowed_is_a_clear_error(browser: Browser, query: str) -> None:
    page = browser.get(f"/cases?{query}")
    assert page.status == 400
    assert "Adressen går inte att läsa" in page.words


def test_an_empty_caseload_says_what_to_do(browser: Browser) -> None:
    assert "bevaka import" in browser.get("/cases").words


def test_a_case_shows_its_deadline_its_reason_and_whom_it_tells_next(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    words = browser.get(f"/cases/{ref}").words
    assert "Torsdag 7 mars 2024" in words
    assert "Varför detta datum?" in words
    assert "1 månad efter" in words
    assert "Härnäst tors 22 feb kl. 08:00 till Prov coordinator (rehabkoordinator)" in words


def test_a_case_draws_its_way_without_inline_styles(browser: Browser) -> None:
    text = browser.get(f"/cases/{browser.house.open_case()}").text
    assert 'class="state current"' in text
    assert " style=" not in text
    assert "<script>" not in text


def test_a_case_says_why_a_move_cannot_be_made(browser: Browser) -> None:
    words = browser.get(f"/cases/{browser.house.open_case()}").words
    assert "Boka möte Ett villkor är inte uppfyllt: ”Samtycke”" in words


def test_a_case_is_found_in_small_letters(browser: Browser) -> None:
    ref = browser.house.open_case()
    assert browser.get(f"/cases/{ref.lower()}").status == 200


def test_a_foreign_case_answers_exactly_like_one_that_does_not_exist(browser: Browser) -> None:
    foreign = browser.house.open_case(unit="south")
    browser.get("/")  # the session has begun
    there, nowhere = browser.get(f"/cases/{foreign}"), browser.get("/cases/BV-0000-0000")
    assert (there.status, nowhere.status) == (404, 404)
    assert there.text.replace(foreign, "") == nowhere.text.replace("BV-0000-0000", "")
    assert there.headers == nowhere.headers


def test_who_a_case_is_about_is_shown_on_request_and_logged(browser: Browser) -> None:
    ref = browser.house.open_case()
    assert "Testperson" not in browser.get(f"/cases/{ref}").text
    page = browser.post(f"/cases/{ref}/person")
    assert "Prov Testperson0" in page.words
    assert "no-store" in page.headers["cache-control"]
    assert browser.house.count("access_log") == 1


def test_a_person_is_not_shown_by_following_a_link(browser: Browser) -> None:
    ref = browser.house.open_case()
    assert browser.get(f"/cases/{ref}/person").status == 404
    assert browser.house.count("access_log") == 0


@pytest.mark.parametrize("role", ["project_lead", "admin"])
def test_whoever_may_not_see_the_person_has_no_button_and_is_refused(browser: Browser, role: str) -> None:
    ref = browser.house.open_case()
    browser.become(role)
    assert "Visa person" not in browser.get(f"/cases/{ref}").words
    assert browser.post(f"/cases/{ref}/person").status == 403
    assert browser.house.count("access_log") == 0


def test_the_ledger_says_that_the_books_balance(browser: Browser) -> None:
    browser.house.open_case("2024-01-15")
    browser.house.pass_time(TODAY)
    words = browser.get("/ledger").words
    assert "0 steg saknar redovisning." in words
    assert "Påminnelse 1" in words


def test_the_ledger_is_filtered_by_outcome_reason_and_day(browser: Browser) -> None:
    browser.house.open_case("2024-01-15")
    browser.house.pass_time(TODAY)
    assert "ett nyare steg tog över" in browser.get("/ledger?outcome=collapsed&reason=newer_rung").words
    assert "Inget passar urvalet" in browser.get("/ledger?until=2024-01-01").words
    assert browser.get("/ledger?since=yesterday").status == 400


def test_the_system_page_is_for_whoever_runs_the_system(browser: Browser) -> None:
    assert browser.get("/system").status == 403
    assert "Utkorg" in browser.become("admin").get("/system").words


def test_the_mailbox_shows_what_was_caught_and_frames_its_html_in_a_sandbox(browser: Browser) -> None:
    raw = b"Subject: Bevakning\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><p>Hej</p>"
    assert browser.demo is not None
    browser.demo.mailbox.items.append(FakeItem(7, "mail", TODAY, "a@bevaka.example", "Bevakning", ("BV-1",), raw))
    assert "Bevakning" in browser.get("/mailbox?kind=mail&ref=bv-1").words
    page = browser.get("/mailbox/7")
    assert 'src="/mailbox/7/html" sandbox=""' in page.text
    assert "<script>alert" not in page.text
    framed = browser.get("/mailbox/7/html")
    assert framed.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("path", ["/mailbox/999", "/mailbox/0", "/mailbox/x", "/mailbox/9/html"])
def test_a_mail_that_is_not_there_is_a_clear_error(browser: Browser, path: str) -> None:
    assert browser.get(path).status in (400, 404)


def test_time_is_moved_and_a_journey_shows_how_far_it_has_come(browser: Browser) -> None:
    assert browser.demo is not None
    assert browser.post("/time", {"unit": "week"}).status == 303
    assert browser.demo.asked == ["week"]
    browser.demo.travelling = Journey(True, TODAY, TODAY + timedelta(days=10), TODAY + timedelta(days=4), 12)
    page = browser.get("/time")
    assert '<progress id="progress" max="100" value="40">' in page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
    assert "Fredag 8 mars 2024" in page.words


def test_a_journey_under_way_is_not_begun_again_but_can_be_stopped(browser: Browser) -> None:
    assert browser.demo is not None
    browser.demo.travelling = Journey(True, TODAY, TODAY + timedelta(days=10), TODAY, 0)
    browser.post("/time", {"unit": "day"})
    assert "Klockan är redan på väg." in browser.get("/time").words
    browser.post("/time/stop")
    assert browser.demo.stopped


def test_a_unit_of_time_we_do_not_have_is_refused(browser: Browser) -> None:
    assert browser.post("/time", {"unit": "century"}).status == 400


@pytest.mark.parametrize("path", ["/mailbox", "/time", "/mailbox/1"])
def test_a_real_house_has_no_demo_pages(visitor: Browser, path: str) -> None:
    assert visitor.get(path).status in (303, 404)


def test_another_part_sees_other_cases(browser: Browser) -> None:
    browser.house.open_case(unit="south")
    assert "1 öppet ärende" not in browser.get("/cases").words
    assert "1 öppet ärende" in browser.become("project_lead").get("/cases").words


def test_the_language_is_remembered_and_one_stays_on_the_page(browser: Browser) -> None:
    answer = browser.post("/language", {"language": "en", "next": "/ledger?outcome=sent"})
    assert (answer.status, answer.headers["location"]) == (303, "/ledger?outcome=sent")
    assert '<html lang="en">' in browser.get("/ledger").text


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org", "//example.org", "/\\example.org", "javascript:x", "/a\r\nX: y"]
)
def test_a_change_of_language_leads_nowhere_else(browser: Browser, elsewhere: str) -> None:
    assert browser.post("/language", {"language": "en", "next": elsewhere}).headers["location"] == "/"


def statements_of(browser: Browser, path: str) -> int:
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    database = browser.house.engine.database.engine
    event.listen(database, "before_cursor_execute", note)
    browser.get(path)
    event.remove(database, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("path", ["/", "/ledger"])
def test_a_list_costs_the_same_statements_however_long_it_is(browser: Browser, path: str) -> None:
    browser.house.open_many(2, "2024-01-15")
    browser.house.pass_time(TODAY)
    browser.get(path)
    few = statements_of(browser, path)
    browser.house.open_many(40, "2024-01-15")
    browser.house.pass_time(TODAY + timedelta(days=1))
    assert statements_of(browser, path) <= few <= 25
