"""An email as the bytes that leave: headers that thread, that quiet automatic replies, and that nothing can split."""

import dataclasses
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings

from notifications.channels.email import EmailChannel, SmtpSettings, SmtpSettingsError, message_id
from notifications.channels.email.envelope import build_email
from notifications.channels.email.folding import THREADING
from notifications.channels.email.message_ids import thread_root
from notifications.channels.sockets import AuthorityFileError
from notifications.messages import Message
from notifications.recipients import Mailbox
from tests.examples.messages import NOW, digest, invitation, later, messages, notice

KEY = "case:first_meeting:1:owner:email:2026-02-16"
TO = Mailbox("kim.exempel@region.example")
SETTINGS = SmtpSettings(
    "localhost", 25, "none", "Bevaka <bevaka@region.example>", b"0123456789abcdef", "bevaka.region.example"
)
LONG_DOMAIN = "a" * 15 + "." + "b" * 14

GOLDEN = b"""\
Subject: Bevakning BV-7F3K-92QX
From: Bevaka <bevaka@region.example>
To: kim.exempel@region.example
Date: Sun, 01 Feb 2026 07:00:00 +0000
Message-ID: <MESSAGE@bevaka.region.example>
In-Reply-To: <ROOT@bevaka.region.example>
References: <ROOT@bevaka.region.example>
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: OOF, AutoReply, RN, NRN
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="BOUNDARY"

--BOUNDARY
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

P=C3=A5minnelse: F=C3=B6rsta avst=C3=A4mningsm=C3=B6te

"""


def built(message: Message, settings: SmtpSettings = SETTINGS, *, uncertain: bool = False) -> bytes:
    return build_email(KEY, TO, message, settings, NOW, uncertain=uncertain)


def parsed(octets: bytes) -> EmailMessage:
    mail = message_from_bytes(octets, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_headers_byte_for_byte() -> None:
    octets = built(notice()).replace(b"\r\n", b"\n")
    octets = octets.replace(message_id(KEY, SETTINGS)[1:33].encode(), b"MESSAGE")
    octets = octets.replace(thread_root("BV-7F3K-92QX", SETTINGS)[1:33].encode(), b"ROOT")
    boundary = parsed(built(notice())).get_boundary("")
    octets = re.sub(rb"Content-Type: multipart/alternative;\s+", b"Content-Type: multipart/alternative; ", octets)
    assert octets.replace(boundary.encode(), b"BOUNDARY").startswith(GOLDEN)


def test_ids_of_the_longest_domain_are_written_raw() -> None:
    # The folding trap: beyond 78 characters the standard policy makes =?utf-8?q?…?= of an ID, and threads break.
    settings = SmtpSettings("localhost", 25, "none", "b@r.example", b"0123456789abcdef", LONG_DOMAIN)
    octets = built(notice(), settings)
    root = thread_root("BV-7F3K-92QX", settings).encode()
    assert b"\r\nReferences: " + root + b"\r\n" in octets
    assert b"\r\nIn-Reply-To: " + root + b"\r\n" in octets
    assert b"\r\nMessage-ID: " + message_id(KEY, settings).encode() + b"\r\n" in octets


def test_a_very_long_thread_header_is_never_encoded() -> None:
    mail = EmailMessage(policy=THREADING)
    mail["References"] = " ".join(f"<{'0' * 60}{number}@region.example>" for number in range(4))
    assert b"=?" not in mail.as_bytes()
    assert mail.as_bytes().count(b"@region.example") == 4


def test_a_swedish_subject_is_encoded_after_the_rules() -> None:
    words = re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", built(digest()))
    assert words
    assert max(map(len, words)) <= 75  # RFC 2047 §2


def test_a_long_swedish_subject_is_still_folded() -> None:
    mail = EmailMessage(policy=THREADING)
    mail["Subject"] = "Första avstämningsmöte – " * 8
    assert max(map(len, mail.as_bytes().splitlines())) <= 78


@pytest.mark.parametrize("name", ["References", "List-Unsubscribe"])
def test_a_line_break_that_slipped_in_is_caught_when_written(name: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        THREADING.fold_binary(name, "<a@b>\r\nBcc: x@evil.example")


@pytest.mark.parametrize("name", ["Subject", "References", "In-Reply-To", "List-Unsubscribe", "X-Anything"])
def test_a_line_break_never_reaches_a_header(name: str) -> None:
    mail = EmailMessage(policy=THREADING)
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mail[name] = "x\r\nBcc: x@evil.example"


def test_a_retry_has_the_same_bytes() -> None:
    assert built(notice()) == built(notice())


def test_a_later_retry_has_the_same_message_id() -> None:
    first = parsed(built(notice()))
    second = parsed(build_email(KEY, TO, notice(), SETTINGS, later(90), uncertain=True))
    assert first["Message-ID"] == second["Message-ID"]


def test_another_key_has_another_message_id() -> None:
    assert message_id(KEY, SETTINGS) != message_id(KEY + "x", SETTINGS)


def test_a_message_id_is_no_longer_than_65_characters() -> None:
    settings = SmtpSettings("localhost", 25, "none", "b@r.example", b"0123456789abcdef", LONG_DOMAIN)
    assert len(message_id("x" * 5000, settings)) <= 65


def test_a_message_id_tells_nothing_of_its_key() -> None:
    other = SmtpSettings("localhost", 25, "none", "b@r.example", b"another key of 24 bytes.", "bevaka.region.example")
    assert message_id(KEY, SETTINGS) != message_id(KEY, other)


def test_no_message_is_its_own_thread_root() -> None:
    assert message_id("BV-7F3K-92QX", SETTINGS) != thread_root("BV-7F3K-92QX", SETTINGS)


def test_text_comes_first_and_html_last() -> None:
    assert [part.get_content_type() for part in parsed(built(notice())).iter_parts()] == ["text/plain", "text/html"]


def test_a_duty_cannot_be_unsubscribed_from() -> None:
    assert "List-Unsubscribe" not in parsed(built(notice()))


def test_a_digest_can_be_unsubscribed_from() -> None:
    assert b"\r\nList-Unsubscribe: <https://bevaka.region.example/settings>\r\n" in built(digest())


def test_a_digest_belongs_to_no_thread() -> None:
    assert "References" not in parsed(built(digest()))


def test_a_possible_duplicate_is_marked() -> None:
    assert parsed(built(notice(), uncertain=True))["X-Bevaka-May-Be-Duplicate"] == "yes"


def test_bounces_are_not_suppressed() -> None:
    suppressed = str(parsed(built(notice()))["X-Auto-Response-Suppress"]).split(", ")
    assert not {"DR", "NDR", "All"} & set(suppressed)


def test_an_invitation_carries_its_method_in_the_type() -> None:
    part = list(parsed(built(invitation())).iter_parts())[-1]
    assert isinstance(part, EmailMessage)
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"


def test_an_invitation_is_organised_by_the_sender() -> None:
    part = list(parsed(built(invitation())).iter_parts())[-1]
    assert b"ORGANIZER:mailto:bevaka@region.example" in part.get_payload(decode=True)


@given(messages)
@settings(max_examples=30)
def test_any_email_is_ascii_with_short_lines_that_end_in_crlf(message: Message) -> None:
    octets = built(message)
    assert octets.isascii()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998


@given(messages)
@settings(max_examples=30)
def test_any_email_comes_apart_as_it_was_put_together(message: Message) -> None:
    mail = parsed(built(message))
    body = mail.get_body(("plain",))
    assert body is not None
    assert message.link in body.get_content()
    assert not mail.defects


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("security", {"host": "mail.region.example", "security": "none"}),
        ("security", {"security": "maybe"}),
        ("host", {"host": "mail..region.example"}),
        ("host", {"host": "https://mail.region.example"}),
        ("password", {"username": "bevaka"}),
        ("password", {"username": "bevaka", "password": "lösen"}),
        ("sender", {"sender": "Bevaka"}),
        ("sender", {"sender": "b@r.example\r\nBcc: x@r.example"}),
        ("sender", {"sender": "a@r.example, b@r.example"}),
        ("port", {"port": 0}),
        ("message_id_key", {"message_id_key": b"short"}),
        ("message_id_domain", {"message_id_domain": "a" * 31}),
        ("message_id_domain", {"message_id_domain": "r.example>"}),
        ("timeout", {"timeout": 31.0}),
    ],
)
def test_a_setting_that_cannot_work_is_named(setting: str, values: dict[str, object]) -> None:
    plain: dict[str, object] = {
        "host": "localhost", "port": 25, "security": "none", "sender": "b@r.example",
        "message_id_key": b"0123456789abcdef", "message_id_domain": "r.example",
    }  # fmt: skip
    with pytest.raises(SmtpSettingsError) as caught:
        SmtpSettings(**{**plain, **values})  # type: ignore[arg-type]
    assert caught.value.setting == setting


def test_a_file_of_authorities_that_is_missing_is_named() -> None:
    settings = dataclasses.replace(SETTINGS, cafile=Path("/nowhere/ca.pem"))
    with pytest.raises(AuthorityFileError, match=r"/nowhere/ca\.pem"):
        EmailChannel(settings)


def test_settings_print_neither_password_nor_key() -> None:
    settings = SmtpSettings(
        "localhost", 25, "none", "b@r.example", b"0123456789abcdef", "r.example", username="u", password="hemligt"
    )
    assert "hemligt" not in repr(settings)
    assert "0123456789abcdef" not in repr(settings)
