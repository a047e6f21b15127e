"""The demo's stand-ins take what Bevaka sends, and are as strict as the real ones."""

import json
import smtplib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.catchers import TEAMS_LIMIT, MailCatcher, TeamsCatcher, card_fault
from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox
from notifications.channels.email import EmailChannel, SmtpSettings
from notifications.channels.teams import TeamsChannel, TeamsSettings
from notifications.channels.teams.card import build_card
from notifications.messages import Message
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Mailbox, SecretUrl, TeamsConnection
from tests.examples.messages import NOW, REF, digest, notice, one_of_each

TO = Mailbox("kim.exempel@region.example")


def email_channel(catcher: MailCatcher, certificates: DemoCertificates) -> EmailChannel:
    return EmailChannel(
        SmtpSettings(
            "localhost", catcher.port, "starttls", "Bevaka <bevaka@region.example>", b"0123456789abcdef",
            "region.example", cafile=certificates.ca_file,
        ),
        lambda: NOW,
    )  # fmt: skip


def teams_channel(catcher: TeamsCatcher, certificates: DemoCertificates) -> TeamsChannel:
    return TeamsChannel(TeamsSettings(trusted_origins=frozenset({catcher.origin}), cafile=certificates.ca_file))


@pytest.mark.parametrize("message", one_of_each(), ids=lambda message: str(message.kind))
def test_every_kind_of_mail_is_caught(
    message: Message, mailbox: DemoMailbox, mail_catcher: MailCatcher, certificates: DemoCertificates
) -> None:
    with email_channel(mail_catcher, certificates).open() as session:
        session.send("key", TO, message)
    (caught,) = mailbox.list()
    assert (caught.kind, caught.recipient, caught.received_at) == ("mail", TO.address, NOW)


@pytest.mark.parametrize("message", one_of_each(), ids=lambda message: str(message.kind))
def test_every_kind_of_card_is_caught(
    message: Message, mailbox: DemoMailbox, teams_catcher: TeamsCatcher, certificates: DemoCertificates
) -> None:
    to = TeamsConnection(SecretUrl(teams_catcher.url("lund")))
    teams_channel(teams_catcher, certificates).send("key", to, message)
    (caught,) = mailbox.list(kind="card")
    assert caught.raw == build_card(message, "sv")
    assert "/lund/" in caught.recipient
    assert "sig" not in caught.recipient


def test_a_caught_mail_is_found_by_its_case(
    mailbox: DemoMailbox, mail_catcher: MailCatcher, certificates: DemoCertificates
) -> None:
    with email_channel(mail_catcher, certificates).open() as session:
        session.send("one", TO, notice())
        session.send("two", TO, notice(case_ref="BV-0000-1111", link="https://bevaka.region.example/c/BV-0000-1111"))
        session.send("three", TO, digest())
    assert [caught.subject for caught in mailbox.list(ref=REF)] == [
        "Sammanställning av bevakningar",
        f"Bevakning {REF}",
    ]


def test_the_mail_catcher_takes_nothing_in_plain_text(mail_catcher: MailCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", mail_catcher.port, timeout=5) as client:
        client.ehlo()
        code, _text = client.docmd("MAIL FROM:<x@region.example>")
    assert code == 530


def test_four_threads_with_a_session_each_lose_nothing(
    mailbox: DemoMailbox, mail_catcher: MailCatcher, certificates: DemoCertificates
) -> None:
    channel = email_channel(mail_catcher, certificates)

    def send_batch(thread: int) -> None:
        with channel.open() as session:
            for number in range(20):
                session.send(f"{thread}:{number}", TO, notice())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send_batch, range(4)))
    ids = {line for caught in mailbox.list(limit=100) for line in caught.raw.splitlines() if b"Message-ID" in line}
    assert (mailbox.count("mail"), len(ids)) == (80, 80)


def good_card() -> Any:
    return json.loads(build_card(notice(), "sv"))


def test_our_cards_have_no_fault() -> None:
    assert card_fault(json.dumps(good_card()).encode()) is None


def test_a_card_without_content_url_has_the_fault_that_teams_reports() -> None:
    card = good_card()
    del card["attachments"][0]["contentUrl"]
    assert card_fault(json.dumps(card).encode()) == "contentUrl"


def test_a_card_of_a_newer_version_is_refused() -> None:
    card = good_card()
    card["attachments"][0]["content"]["version"] = "1.4"
    assert card_fault(json.dumps(card).encode()) == "content.type"


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b"\xff", b'{"attachments": []}'])
def test_what_is_no_card_is_refused(raw: bytes) -> None:
    assert card_fault(raw) == "not a message with one adaptive card"


def test_an_oversize_card_is_refused(
    teams_catcher: TeamsCatcher, certificates: DemoCertificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.channels.teams.transport.build_card", lambda *_a, **_k: b"x" * (TEAMS_LIMIT + 1))
    with pytest.raises(DeliveryFailed) as caught:
        teams_channel(teams_catcher, certificates).send(
            "key", TeamsConnection(SecretUrl(teams_catcher.url())), notice()
        )
    assert (caught.value.code, caught.value.permanent) == ("http_413", True)


def test_a_misshapen_card_is_refused(
    teams_catcher: TeamsCatcher, certificates: DemoCertificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.channels.teams.transport.build_card", lambda *_a, **_k: b"{}")
    with pytest.raises(DeliveryFailed) as caught:
        teams_channel(teams_catcher, certificates).send(
            "key", TeamsConnection(SecretUrl(teams_catcher.url())), notice()
        )
    assert (caught.value.code, caught.value.permanent) == ("http_400", True)
