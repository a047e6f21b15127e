"""What people send: it happens, or it comes back with what was typed and what is wrong beside it."""

from datetime import date

import pytest

from tests.house import moment
from tests.integration.web.conftest import TODAY, Browser


def test_a_move_happens_and_the_case_says_so_once(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    answer = browser.event(ref, "move-record_consent")
    assert (answer.status, answer.headers["location"]) == (303, f"/cases/{ref}")
    assert "Klart: Anteckna samtycke" in browser.get(f"/cases/{ref}").words
    assert "Klart: Anteckna samtycke" not in browser.get(f"/cases/{ref}").words


def test_a_move_that_meets_a_deadline_tells_what_changed(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    browser.event(ref, "move-hold_meeting", held_on="4/3 2024", met_on="2024-03-04")
    words = browser.get(f"/cases/{ref}").words
    assert "Första möte: 2024-03-07 → klar" in words
    assert "Plan följs" in words


def test_a_date_that_cannot_be_read_comes_back_with_its_field_and_what_was_typed(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "move-hold_meeting", held_on="<b>snart</b>", met_on="2024-03-04")
    assert page.status == 422
    assert 'value="&lt;b&gt;snart&lt;/b&gt;" aria-describedby="move-hold_meeting-held_on-problem"' in page.text
    assert 'id="move-hold_meeting-held_on-problem"' in page.text
    assert 'value="2024-03-04"' in page.text
    assert "Går inte att läsa. Så här kan det skrivas: 2024-01-31" in page.words


def test_a_date_in_the_future_is_refused_beside_its_field(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "move-hold_meeting", held_on="2024-03-05", met_on="2024-03-05")
    assert page.status == 422
    assert "kan inte ligga i framtiden" in page.words


def test_a_required_field_left_blank_is_asked_for(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "move-hold_meeting", held_on="", met_on="")
    assert page.status == 422
    assert "Fyll i Mötet hölls den." in page.words


def test_a_move_whose_condition_does_not_hold_says_why(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "move-book_meeting", meeting_at="2024-03-20T10:00", place="clinic")
    assert page.status == 422
    assert "Ett villkor är inte uppfyllt" in page.words


def test_a_refused_form_changes_nothing(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    before = browser.house.count("history")
    browser.event(ref, "move-hold_meeting", held_on="snart")
    assert browser.house.count("history") == before


def test_a_case_that_has_moved_on_is_not_moved_again(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    browser.house.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 3, 4), met_on=date(2024, 3, 4))
    page = browser.event(ref, "move-withdraw", entry=1, outcome="work")
    assert page.status == 409
    assert "Någon annan hann före" in page.words


def test_a_role_that_may_not_make_a_move_is_refused(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    browser.become("project_lead")
    assert browser.event(ref, "move-record_consent").status == 403


@pytest.mark.parametrize("form", ["move-no_such", "pause-holiday", "", "ack-nothing", "../../etc"])
def test_a_form_that_does_not_exist_is_not_found(browser: Browser, form: str) -> None:
    ref = browser.house.open_case("2024-02-07")
    assert browser.event(ref, form).status == 404


def test_a_form_for_a_foreign_case_is_not_found(browser: Browser) -> None:
    ref = browser.house.open_case(unit="south")
    assert browser.event(ref, "move-record_consent").status == 404


def test_a_deadline_is_acknowledged_and_the_caseload_says_until_when(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    assert browser.event(ref, "ack-meeting", deadline="meeting", until_on="2024-03-06").status == 303
    assert "kvitterad till ons 6 mars" in browser.get("/cases").words


def test_a_snooze_needs_a_reason_and_may_not_pass_the_date(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    without = browser.event(ref, "snooze-meeting", deadline="meeting", until_on="2024-03-06", reason="")
    beyond = browser.event(ref, "snooze-meeting", deadline="meeting", until_on="2024-03-20", reason="Semester")
    assert (without.status, beyond.status) == (422, 422)
    assert "Ange ett skäl." in without.words
    assert "kan inte ligga efter bevakningens datum" in beyond.words


def test_a_date_that_has_passed_cannot_be_snoozed_only_acknowledged(browser: Browser) -> None:
    ref = browser.house.open_case("2024-01-15")
    words = browser.get(f"/cases/{ref}").words
    assert "Kvittera" in words
    assert "Skjut upp" not in words


def test_a_pause_is_previewed_begun_and_ended(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    preview = browser.event(ref, "pause-parental_leave", do="preview", kind="parental_leave", from_on="2024-03-04")
    assert "Inget är sparat ännu." in preview.words
    assert "pausad" in preview.words
    assert browser.house.count("history") == 1
    assert browser.event(ref, "pause-parental_leave", from_on="2024-03-04").status == 303
    assert "Avsluta pausen: Föräldraledighet" in browser.get(f"/cases/{ref}").words
    assert browser.event(ref, "resume-parental_leave", until_on="2024-03-04").status == 303


def test_an_amendment_shows_the_difference_before_it_is_saved(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    form = browser.get(f"/cases/{ref}/amend")
    assert 'name="a.decision_date" type="date" value="2024-02-07"' in form.text
    preview = browser.event(ref, "amend", do="preview", decision_date="2024-02-14", benefit_until="2025-12-31")
    assert "Första möte: 2024-03-07 → 2024-03-14" in preview.words
    assert 'name="a.decision_date" value="2024-02-14"' in preview.text
    assert browser.event(ref, "amend", decision_date="2024-02-14", benefit_until="2025-12-31").status == 303
    assert "Torsdag 14 mars 2024" in browser.get(f"/cases/{ref}").words


def test_an_amendment_of_nothing_is_sent_back(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "amend", decision_date="2024-02-07")
    assert page.status == 422
    assert "Inget är ändrat." in page.words


def test_a_required_value_cannot_be_emptied(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    page = browser.event(ref, "amend", decision_date="")
    assert page.status == 422
    assert "Fyll i Beslutsdatum." in page.words


def test_a_personal_value_is_kept_when_its_field_is_left_blank_and_is_never_in_the_form(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07", programme="aktiv-2023", goals="Kunna åka buss ensam")
    assert "buss" not in browser.get(f"/cases/{ref}/amend").text
    assert browser.event(ref, "amend", decision_date="2024-02-08", goals="").status == 303
    assert "Kunna åka buss ensam" in browser.post(f"/cases/{ref}/person").words


def test_a_meeting_is_booked_in_swedish_time(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    browser.event(ref, "move-record_consent")
    assert browser.event(ref, "move-book_meeting", meeting_at="2024-07-01T10:00", place="video").status == 303
    assert "mån 1 juli kl. 10:00, 60 minuter, Videomöte" in browser.get(f"/cases/{ref}").words


def test_hostile_text_is_text_on_every_page_that_shows_it(browser: Browser) -> None:
    evil = "<script>alert('x')</script>\"'><img src=x>"
    ref = browser.house.open_case("2024-02-07", programme="aktiv-2023", goals=evil)
    page = browser.post(f"/cases/{ref}/person")
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert "<img" not in browser.get(f"/cases?q={evil[:12]}").text.split("<main")[1]


def test_what_happened_is_on_the_timeline_with_who_did_it(browser: Browser) -> None:
    ref = browser.house.open_case("2024-02-07")
    browser.house.pass_time(moment("2024-02-22"))
    browser.event(ref, "move-record_consent")
    words = browser.get(f"/cases/{ref}").words
    assert "Anteckna samtycke mån 4 mars kl. 09:00 · Prov coordinator" in words
    assert "Påminnelse: Första möte tors 22 feb kl. 09:00 · Skickat till Prov coordinator (rehabkoordinator)" in words
