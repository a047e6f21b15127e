"""Whatever was caught, something can be shown."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.demo import FakeItem
from web.mail_reading import CardBlock, open_mail, read_card

AT = datetime(2024, 3, 4, tzinfo=UTC)


def caught(raw: bytes) -> FakeItem:
    return FakeItem(1, "mail", AT, "a@bevaka.example", "", (), raw)


def test_a_mail_is_taken_apart() -> None:
    raw = (
        b"From: a@bevaka.example\r\nSubject: =?utf-8?q?P=C3=A5minnelse?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHej\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hej</p>\r\n--b\r\nContent-Type: text/calendar\r\n\r\nX\r\n--b--\r\n"
    )
    mail = open_mail(caught(raw))
    assert ("Subject", "Påminnelse") in mail.headers
    assert (mail.text.strip(), mail.html.strip(), mail.attachments) == ("Hej", "<p>Hej</p>", ("text/calendar",))


def test_a_card_is_read_as_headings_texts_and_facts() -> None:
    body = [
        {"type": "TextBlock", "text": "Behöver åtgärd", "weight": "bolder"},
        {"type": "FactSet", "facts": [{"title": "Ärende", "value": "BV\\_1"}]},
    ]
    raw = json.dumps({"attachments": [{"content": {"body": body}}]}).encode()
    blocks, source = read_card(caught(raw))
    assert blocks == (CardBlock("heading", "Behöver åtgärd"), CardBlock("facts", facts=(("Ärende", "BV_1"),)))
    assert "Behöver åtgärd" in source


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Content-Type: text/html; charset=klingon\r\n\r\nHej",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: \xff\xfe\r\n\r\n",
    ],
)
def test_a_broken_mail_can_still_be_read_as_source(raw: bytes) -> None:
    assert open_mail(caught(raw)).source == raw.decode("utf-8", errors="replace")


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(raw: bytes) -> None:
    open_mail(caught(raw))
    read_card(caught(raw))
