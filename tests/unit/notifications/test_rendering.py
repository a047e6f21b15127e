"""Every message reads well in both languages, as text and as HTML, and keeps its subject."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from notifications.messages import TEST_REF, Kind, Message, Reason, Text
from notifications.recipients import LANGUAGES, Language
from notifications.render import render
from notifications.wording import compose
from tests.examples.messages import LINK, REF, digest, invitation, messages, notice, one_of_each

each = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: str(message.kind))
in_both = pytest.mark.parametrize("language", LANGUAGES)


class Links(HTMLParser):
    """What a mail program would follow or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.hrefs: list[str | None] = []
        self.fetched: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.hrefs += [value for name, value in attrs if name == "href"]
        self.fetched += [value for name, value in attrs if name in ("src", "srcset", "background", "poster")]


@each
@in_both
def test_text_and_html_say_the_same(message: Message, language: Language) -> None:
    rendered = render(message, language)
    letter = compose(message, language)
    for said in (letter.heading, letter.lead, letter.why, letter.footer):
        assert said in rendered.text
        assert said in rendered.html


@each
@in_both
def test_nothing_is_left_unfilled(message: Message, language: Language) -> None:
    rendered = render(message, language)
    assert not re.search(r"[{}%]{2}|\bNone\b|Undefined", rendered.text + rendered.html.split("<body")[1])


@each
@in_both
def test_html_fetches_nothing(message: Message, language: Language) -> None:
    page = Links()
    page.feed(render(message, language).html)
    assert not page.fetched
    assert not {"img", "script", "link", "iframe", "form", "style", "base"} & set(page.tags)
    assert "url(" not in render(message, language).html


@each
@in_both
def test_html_names_its_language(message: Message, language: Language) -> None:
    assert f'<html lang="{language}">' in render(message, language).html


@each
@in_both
def test_the_link_is_there_to_follow(message: Message, language: Language) -> None:
    rendered = render(message, language)
    page = Links()
    page.feed(rendered.html)
    assert message.link in page.hrefs
    assert f"\n{message.link}\n" in rendered.text


@given(messages)
@settings(max_examples=60)
def test_any_message_can_be_rendered(message: Message) -> None:
    for language in LANGUAGES:
        rendered = render(message, language)
        assert "\n" not in rendered.subject
        assert rendered.text.isprintable() or set(rendered.text) - {"\n"} == {
            mark for mark in rendered.text if mark.isprintable()
        }


@in_both
def test_all_mail_about_a_case_has_one_subject(language: Language) -> None:
    about_the_case: list[Message] = [notice(), notice(Kind.ESCALATION), notice(Kind.ALARM), invitation()]
    assert len({render(message, language).subject for message in about_the_case}) == 1


def test_the_swedish_subject_is_short_and_tells_nothing() -> None:
    assert render(notice(), "sv").subject == f"Bevakning {REF}"


@pytest.mark.parametrize("reason", Reason)
@in_both
def test_every_reason_is_said(reason: Reason, language: Language) -> None:
    assert compose(notice(reason=reason), language).why.startswith("Du får" if language == "sv" else "You receive")


def test_no_two_reasons_are_said_alike() -> None:
    assert len({compose(notice(reason=reason), "sv").why for reason in Reason}) == len(Reason)


def test_a_swedish_date_is_written_out() -> None:
    assert "måndag 2 mars 2026" in render(notice(), "sv").text


def test_an_english_date_is_written_out() -> None:
    assert "Monday 2 March 2026" in render(notice(), "en").text


def test_a_passed_date_is_spoken_of_as_passed() -> None:
    assert "skulle ha varit klar måndag 2 mars 2026" in compose(notice(reason=Reason.OVERDUE), "sv").lead


def test_a_meeting_is_told_in_stockholm_time() -> None:
    assert "måndag 2 mars 2026 kl. 13.00–14.00" in render(invitation(), "sv").text


def test_a_deputy_is_told_so() -> None:
    assert "som ersättare" in render(notice(on_behalf=True), "sv").text


def test_an_owner_is_told_whom_the_case_was_raised_with() -> None:
    assert "lyfts till: Enhetschef." in render(notice(Kind.ESCALATION, escalated_to="Enhetschef"), "sv").text


def test_a_late_message_says_that_it_is_late() -> None:
    assert "senare än planerat" in render(notice(late=True), "sv").text


def test_a_possible_duplicate_says_so() -> None:
    assert "kan ha kommit fram tidigare" in render(notice(), "sv", uncertain=True).text


def test_a_certain_message_does_not_speak_of_duplicates() -> None:
    assert "kan ha kommit fram tidigare" not in render(notice(), "sv").text


@in_both
def test_a_test_message_speaks_of_no_case(language: Language) -> None:
    message = notice(Kind.TEST, case_ref=TEST_REF, link="https://bevaka.region.example/canary/1")
    assert TEST_REF not in render(message, language).text + render(message, language).subject


def test_punctuation_is_escaped_in_html_only() -> None:
    rendered = render(notice(step=Text("Plan & uppföljning", "Plan & follow-up")), "sv")
    assert "Plan &amp; uppföljning" in rendered.html
    assert "Plan & uppföljning" in rendered.text


def test_a_digest_counts_what_is_overdue() -> None:
    assert compose(digest(3), "sv").lead == "Du har 3 öppna bevakningar, varav 2 med passerat slutdatum."


def test_an_empty_digest_says_so() -> None:
    assert compose(digest(0), "sv").lead == "Du har inga öppna bevakningar."


def test_a_single_day_is_one_day() -> None:
    assert compose(digest(2), "sv").rows[1].when == "skulle ha varit klar måndag 2 mars 2026, 1 dag sedan"


def test_a_long_digest_is_cut_and_says_so() -> None:
    letter = compose(digest(130), "sv")
    assert len(letter.rows) == 100
    assert letter.more == "Ytterligare 30 bevakningar visas när du öppnar listan."


def test_only_a_digest_offers_settings() -> None:
    assert compose(digest(), "sv").settings_link
    assert not compose(notice(), "sv").settings_link


def test_the_swedish_reminder_word_for_word() -> None:
    assert render(notice(), "sv").text == (
        "Påminnelse: Första avstämningsmöte\n\n"
        "Bevakningen ”Första avstämningsmöte” i ärende BV-7F3K-92QX ska vara klar senast måndag 2 mars 2026.\n\n"
        "Bevakning: Första avstämningsmöte\n"
        "Slutdatum: måndag 2 mars 2026\n"
        "Ärende: BV-7F3K-92QX\n"
        "Påminnelse: 2 av 5\n\n"
        "Öppna ärendet och registrera det som är gjort. Behöver du mer tid kan du kvittera bevakningen till en dag du "
        "själv väljer. Slutdatumet flyttas inte.\n\n"
        f"Öppna ärendet:\n{LINK}\n\n"
        "Du får påminnelsen för att slutdatumet närmar sig.\n\n"
        "--\n"
        "Meddelandet är skickat automatiskt av Bevaka och går inte att svara på. Det innehåller inga personuppgifter; "
        "vem det gäller ser du först när du har loggat in.\n"
    )
