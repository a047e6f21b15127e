"""Mail written straight down says what `email.message` would have said, which takes ten times as long."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.email.folding import THREADING
from notifications.channels.email.writing import Headers, written

HEADERS: Headers = (
    ("Subject", "Dagens bevakningar – måndag"),
    ("From", "Bevaka <bevaka@region.example>"),
    ("To", "kim.exempel@region.example"),
    ("References", "<" + "a" * 64 + "@bevaka.region.example>"),
)
EDGE = "=_edge"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=400)


def as_the_library_would(text: str, html: str) -> EmailMessage:
    mail = EmailMessage(policy=THREADING)
    for name, value in HEADERS:
        mail[name] = value
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="base64")
    return read(mail.as_bytes())


def read(octets: bytes) -> EmailMessage:
    mail = message_from_bytes(octets, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def said(mail: EmailMessage) -> list[object]:
    bodies = [part.get_payload(decode=True) for part in mail.iter_parts()]
    return [*((name, mail[name]) for name, _ in HEADERS), *bodies]


@given(TEXTS, TEXTS)
def test_it_says_the_same_as_the_library(text: str, html: str) -> None:
    assert said(read(written(HEADERS, text, html, EDGE))) == said(as_the_library_would(text, html))


@given(TEXTS, TEXTS)
def test_no_line_is_longer_than_a_mail_server_takes(text: str, html: str) -> None:
    lines = written(HEADERS, text, html, EDGE).split(b"\r\n")
    assert max(map(len, lines)) <= 998  # RFC 5321 §4.5.3.1.6
    assert not any(b"\n" in line or b"\r" in line for line in lines)


@pytest.mark.parametrize("name", ["Subject", "To", "References", "X-Anything"])
def test_a_line_break_in_a_header_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"line|linefeed"):
        written([(name, "<a@b>\r\nBcc: x@evil.example")], "", "", EDGE)
