"""Cards that Teams shows: the shape, the size, and no Markdown but our own."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from notifications.allowed import TITLE_LENGTH
from notifications.channels.teams.card import MOST_OCTETS, build_card
from notifications.messages import MOST_LINES, DigestLine, Kind, Message, MessageFieldError, Roundup, Text
from notifications.recipients import LANGUAGES, Language
from notifications.wording import compose
from tests.examples.messages import LINK, digest, messages, notice, one_of_each, roundup

each = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: str(message.kind))


def content(message: Message, language: Language = "sv", *, uncertain: bool = False) -> Any:
    return json.loads(build_card(message, language, uncertain=uncertain))["attachments"][0]["content"]


def said(message: Message, language: Language = "sv") -> str:
    return json.dumps(content(message, language), ensure_ascii=False)


@each
def test_the_envelope_is_what_the_workflow_expects(message: Message) -> None:
    posted = json.loads(build_card(message, "sv"))
    (attachment,) = posted["attachments"]
    assert posted["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "contentUrl" in attachment
    assert attachment["contentUrl"] is None


@each
def test_the_card_stays_at_version_1_2(message: Message) -> None:
    assert content(message)["version"] == "1.2"


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_says_what_the_mail_says(message: Message, language: Language) -> None:
    letter = compose(message, language)
    texts = [block["text"].replace("\\", "") for block in content(message, language)["body"] if "text" in block]
    assert [letter.heading, letter.lead] == texts[:2]
    assert letter.why in texts


@each
def test_every_text_wraps(message: Message) -> None:
    assert all(block["wrap"] for block in content(message)["body"] if block["type"] == "TextBlock")


@each
def test_the_only_action_opens_the_link(message: Message) -> None:
    (action,) = content(message)["actions"]
    assert (action["type"], action["url"]) == ("Action.OpenUrl", message.link)


def test_what_markdown_would_act_on_is_escaped() -> None:
    # A title cannot hold such marks; should that gate ever open, the card still shows them as they are.
    step = Text("Plan", "Plan")
    object.__setattr__(step, "sv", "**Plan** _nu_ [här](https://evil.example) `x` <b>")
    heading = content(notice(step=step))["body"][0]["text"]
    assert heading == r"Påminnelse: \*\*Plan\*\* \_nu\_ \[här\](https://evil.example) \`x\` \<b\>"


def test_a_case_reference_is_shown_as_it_is() -> None:
    assert "i ärende BV-7F3K-92QX ska" in said(notice())


def test_a_possible_duplicate_says_so() -> None:
    assert "kan ha kommit fram tidigare" in json.dumps(content(notice(), uncertain=True), ensure_ascii=False)


def test_an_escalation_is_coloured() -> None:
    assert content(notice(Kind.ESCALATION))["body"][0]["color"] == "attention"


def test_a_long_digest_is_cut_to_size() -> None:
    octets = build_card(digest(400), "sv")
    assert len(octets) <= MOST_OCTETS
    assert "…" in octets.decode()


def test_a_short_digest_is_whole() -> None:
    assert "…" not in said(digest(3))


@given(messages)
@settings(max_examples=60)
def test_any_card_fits(message: Message) -> None:
    assert all(len(build_card(message, language)) <= MOST_OCTETS for language in LANGUAGES)


def test_a_card_holds_the_link_once() -> None:
    assert said(notice()).count(LINK) == 1


def test_a_roundup_of_the_longest_titles_fits_whole() -> None:
    longest = Text("Å" * TITLE_LENGTH, "é" * TITLE_LENGTH)
    line = DigestLine("BV-AAAA-AAAA", longest, date(2026, 9, 30), 99_999, LINK)
    octets = build_card(Roundup((line,) * MOST_LINES, date(2026, 9, 30), LINK), "sv", uncertain=True)
    assert len(octets) <= MOST_OCTETS
    assert octets.decode().count("BV-AAAA-AAAA") == MOST_LINES


def test_a_roundup_takes_no_more_lines_than_a_card_shows() -> None:
    with pytest.raises(MessageFieldError):
        roundup(MOST_LINES + 1)
