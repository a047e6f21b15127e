"""T6: whatever the mail server does, one try ends in time, in the right code, and never in plain text."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from demo.certificates import DemoCertificates
from notifications.channels.email import EmailChannel, EmailSession, SmtpSettings
from notifications.channels.email.conversation import Conversation
from notifications.channels.sockets import Allowance, verifying_context
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Mailbox
from tests.examples.messages import NOW, notice
from tests.misbehaving.scripted_smtp import ScriptedSmtp, Silly, scripted_smtp

TO = Mailbox("kim.exempel@region.example")
ALLOWED = 0.4


def settings_for(server: ScriptedSmtp, certificates: DemoCertificates, **other: Any) -> SmtpSettings:
    values: dict[str, Any] = {
        "host": "localhost", "port": server.port, "security": "starttls", "sender": "bevaka@region.example",
        "message_id_key": b"0123456789abcdef", "message_id_domain": "region.example", "cafile": certificates.ca_file,
        "timeout": 0.2, "total_timeout": ALLOWED,
    }  # fmt: skip
    return SmtpSettings(**{**values, **other})


def try_once(server: ScriptedSmtp, certificates: DemoCertificates, **other: Any) -> DeliveryFailed:
    channel = EmailChannel(settings_for(server, certificates, **other), lambda: NOW)
    with channel.open() as session, pytest.raises(DeliveryFailed) as caught:
        session.send("key", TO, notice())
    return caught.value


@contextmanager
def talking(certificates: DemoCertificates, **answers: Any) -> Iterator[tuple[ScriptedSmtp, EmailSession]]:
    with (
        scripted_smtp(certificates.server_context(), **answers) as server,
        EmailChannel(settings_for(server, certificates), lambda: NOW).open() as session,
    ):
        yield server, session


@contextmanager
def ends_in_time() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < ALLOWED + 1


@pytest.mark.parametrize("command", ["greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA"])
def test_a_server_that_falls_silent_before_the_message_is_a_timeout(
    command: str, certificates: DemoCertificates
) -> None:
    answers: dict[str, Any] = {command: Silly.SILENT}
    with scripted_smtp(certificates.server_context(), **answers) as server, ends_in_time():
        failed = try_once(server, certificates)
    assert (failed.code, failed.permanent, failed.unknown_outcome) == ("timeout", False, False)


@pytest.mark.parametrize("command", ["greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_up_before_the_message_took_nothing(command: str, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {command: Silly.HANG_UP}
    with scripted_smtp(certificates.server_context(), **answers) as server:
        failed = try_once(server, certificates)
    assert (failed.code, failed.permanent, failed.unknown_outcome) == ("disconnect", False, False)


def test_a_server_that_falls_silent_after_the_message_leaves_the_outcome_unknown(
    certificates: DemoCertificates,
) -> None:
    with scripted_smtp(certificates.server_context(), body=Silly.SILENT) as server, ends_in_time():
        failed = try_once(server, certificates)
    assert (failed.code, failed.unknown_outcome, failed.permanent) == ("timeout_after_data", True, False)


def test_a_server_that_hangs_up_after_the_message_leaves_the_outcome_unknown(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), body=Silly.HANG_UP) as server:
        failed = try_once(server, certificates)
    assert (failed.code, failed.unknown_outcome) == ("disconnect_after_data", True)


@pytest.mark.parametrize("command", ["greeting", "MAIL"])
def test_a_server_that_sends_byte_by_byte_is_cut_off(command: str, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {command: Silly.TRICKLE}
    with scripted_smtp(certificates.server_context(), **answers) as server, ends_in_time():
        failed = try_once(server, certificates)
    assert failed.code == "timeout"


def test_a_server_that_never_stops_talking_is_cut_off(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), MAIL=Silly.BABBLE) as server, ends_in_time():
        failed = try_once(server, certificates, timeout=5.0, total_timeout=5.0)
    assert failed.code == "disconnect"


@pytest.mark.parametrize("code", [421, 422, 431, 432, 442, 447, 450, 451, 452])
@pytest.mark.parametrize("command", ["RCPT", "body"])
def test_a_4yz_may_be_tried_again(code: int, command: str, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {command: f"{code} later, kim.exempel@region.example".encode()}
    with scripted_smtp(certificates.server_context(), **answers) as server:
        failed = try_once(server, certificates)
    assert (failed.code, failed.permanent, failed.unknown_outcome) == (f"smtp_{code}", False, False)


@pytest.mark.parametrize("code", [550, 551, 552, 553, 554])
@pytest.mark.parametrize("command", ["RCPT", "body"])
def test_a_5yz_is_permanent_and_not_the_channels_fault(code: int, command: str, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {command: f"{code} no".encode()}
    with scripted_smtp(certificates.server_context(), **answers) as server:
        failed = try_once(server, certificates)
    assert (failed.code, failed.permanent, failed.channel_broken) == (f"smtp_{code}", True, False)


@pytest.mark.parametrize("command", ["greeting", "EHLO", "MAIL"])
def test_a_refused_sender_is_the_channels_fault(command: str, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {command: b"550 we do not know you"}
    with scripted_smtp(certificates.server_context(), **answers) as server:
        assert try_once(server, certificates).channel_broken


def test_a_failure_carries_no_server_text(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), RCPT=b"550 kim.exempel@region.example unknown") as server:
        failed = try_once(server, certificates)
    assert "kim" not in f"{failed}{failed!r}{failed.args}{failed.__context__}{failed.__cause__}"


@pytest.mark.parametrize("answer", [b"what?", b"999 odd", b"199 odd", b"\xff\xfe", b""])
def test_an_answer_that_is_no_answer_is_a_protocol_failure(answer: bytes, certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), RCPT=answer) as server:
        assert try_once(server, certificates).code == "protocol"


def test_nothing_listens(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context()) as server:
        pass
    assert try_once(server, certificates).code == "connect"


def test_stripped_starttls_sends_nothing_in_plain_text(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), EHLO=b"250 scripted") as server:
        failed = try_once(server, certificates, username="bevaka", password="hemligt")
    assert (failed.code, failed.channel_broken) == ("smtp_tls_missing", True)
    assert {line.split()[0] for line in server.heard} <= {b"ehlo", b"QUIT"}


def test_refused_starttls_sends_nothing_in_plain_text(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), STARTTLS=b"454 not now") as server:
        failed = try_once(server, certificates, username="bevaka", password="hemligt")
    assert failed.code == "smtp_tls_missing"
    assert {line.split()[0] for line in server.heard} <= {b"ehlo", b"STARTTLS", b"QUIT"}


def test_an_untrusted_certificate_is_refused(
    certificates: DemoCertificates, foreign_certificates: DemoCertificates
) -> None:
    with scripted_smtp(foreign_certificates.server_context()) as server:
        failed = try_once(server, certificates)
    assert (failed.code, failed.channel_broken) == ("smtp_tls_untrusted", True)
    assert not server.bodies


def test_a_certificate_for_another_host_is_refused(
    certificates: DemoCertificates, misnamed_certificates: DemoCertificates
) -> None:
    with scripted_smtp(misnamed_certificates.server_context()) as server:
        failed = try_once(server, misnamed_certificates)
    assert failed.code == "smtp_tls_untrusted"


def test_what_was_injected_before_tls_is_forgotten(certificates: DemoCertificates) -> None:
    injected = b"220 go ahead\r\n250 injected\r\n250 injected\r\n250 injected"
    with scripted_smtp(certificates.server_context(), STARTTLS=injected) as server:
        failed = try_once(server, certificates)
    assert failed.code in ("tls_failed", "disconnect", "timeout")
    assert not server.bodies


def test_all_but_the_greeting_travels_over_tls(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context()) as server:
        channel = EmailChannel(settings_for(server, certificates, username="bevaka", password="hemligt"), lambda: NOW)
        with channel.open() as session:
            session.send("key", TO, notice())
    assert {line.split()[0] for line in server.heard} == {b"ehlo", b"STARTTLS"}
    assert server.hear("AUTH") == 1


def test_implicit_tls_sends_no_plain_byte(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), implicit_tls=True) as server:
        channel = EmailChannel(settings_for(server, certificates, security="tls"), lambda: NOW)
        with channel.open() as session:
            assert session.send("key", TO, notice()).detail == "250"
    assert server.heard == []


def test_a_refused_login_is_the_channels_fault(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), AUTH=b"535 no") as server:
        failed = try_once(server, certificates, username="bevaka", password="hemligt")
    assert (failed.code, failed.channel_broken, failed.permanent) == ("smtp_auth", True, False)


def test_a_login_that_fails_for_now_may_be_tried_again(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), AUTH=b"454 later") as server:
        failed = try_once(server, certificates, username="bevaka", password="hemligt")
    assert (failed.code, failed.channel_broken) == ("smtp_454", False)


def test_a_server_without_login_is_the_channels_fault(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context(), EHLO=b"250-x\r\n250 STARTTLS") as server:
        failed = try_once(server, certificates, username="bevaka", password="hemligt")
    assert (failed.code, failed.channel_broken) == ("smtp_auth", True)


def test_a_batch_uses_one_connection_and_one_recipient_at_a_time(certificates: DemoCertificates) -> None:
    with talking(certificates) as (server, session):
        for number in range(5):
            session.send(f"key{number}", TO, notice())
    assert (server.connections, server.hear("MAIL"), server.hear("RCPT")) == (1, 5, 5)


def test_a_refused_recipient_does_not_disturb_the_next(certificates: DemoCertificates) -> None:
    with talking(certificates, RCPT=[b"550 no", b"250 fine"]) as (server, session):
        with pytest.raises(DeliveryFailed):
            session.send("first", TO, notice())
        session.send("second", TO, notice())
    assert (server.connections, server.hear("RSET"), len(server.bodies)) == (1, 1, 1)


@pytest.mark.parametrize("answer", [Silly.HANG_UP, Silly.SILENT, b"421 idle too long"])
def test_a_connection_that_died_is_made_anew(answer: bytes | Silly, certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {"RCPT": [b"550 no", b"250 fine"], "RSET": answer}
    with talking(certificates, **answers) as (server, session):
        with pytest.raises(DeliveryFailed):
            session.send("first", TO, notice())
        session.send("second", TO, notice())
    assert (server.connections, len(server.bodies)) == (2, 1)


def test_a_line_that_begins_with_a_dot_does_not_end_the_message(certificates: DemoCertificates) -> None:
    with scripted_smtp(certificates.server_context()) as server:
        settings = settings_for(server, certificates)
        conversation = Conversation(settings, verifying_context(certificates.ca_file), Allowance(1, 5))
        conversation.offer(TO.address)
        conversation.deliver(b"Subject: x\r\n\r\n.hidden\r\n.\r\nMAIL FROM:<x@region.example>\r\n")
        conversation.take_leave()
    assert server.bodies == [b"Subject: x\r\n\r\n..hidden\r\n..\r\nMAIL FROM:<x@region.example>\r\n"]


def test_after_421_the_next_message_takes_a_new_connection(certificates: DemoCertificates) -> None:
    with talking(certificates, RCPT=[b"421 closing", b"250 fine"]) as (server, session):
        with pytest.raises(DeliveryFailed):
            session.send("first", TO, notice())
        session.send("second", TO, notice())
    assert server.connections == 2


def test_a_retry_after_an_unknown_outcome_is_the_same_message_and_says_so(certificates: DemoCertificates) -> None:
    with talking(certificates, body=[Silly.HANG_UP, b"250 kept"]) as (server, session):
        with pytest.raises(DeliveryFailed):
            session.send("key", TO, notice())
        accepted = session.send("key", TO, notice(), uncertain=True)
    first, second = ([line for line in body.splitlines() if b"Message-ID" in line] for body in server.bodies)
    assert accepted.may_be_duplicate
    assert first == second


def test_two_hundred_refusals_are_two_hundred_refusals(certificates: DemoCertificates) -> None:
    refused = 0
    with talking(certificates, RCPT=b"451 later") as (server, session):
        for number in range(200):
            with pytest.raises(DeliveryFailed, match="smtp_451"):
                session.send(f"key{number}", TO, notice())
            refused += 1
    assert (refused, server.connections, server.bodies) == (200, 1, [])


PIPELINES = b"250-scripted\r\n250-PIPELINING\r\n250 STARTTLS"


def test_a_server_that_takes_commands_together_gets_them_together(certificates: DemoCertificates) -> None:
    with talking(certificates, EHLO=PIPELINES) as (server, session):
        assert session.send("key", TO, notice()).detail == "250"
        assert session.send("key 2", TO, notice()).detail == "250"
    assert len(server.bodies) == 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("MAIL", b"451 later", "smtp_451"),
        ("MAIL", b"421 closing", "smtp_421"),
        ("RCPT", b"550 nobody", "smtp_550"),
        ("DATA", b"554 no", "smtp_554"),
        ("RCPT", Silly.HANG_UP, "disconnect"),
        ("RCPT", Silly.SILENT, "timeout"),
    ],
)
def test_the_first_refusal_of_commands_sent_together_counts(
    command: str, answer: Any, code: str, certificates: DemoCertificates
) -> None:
    with scripted_smtp(certificates.server_context(), EHLO=PIPELINES, **{command: answer}) as server, ends_in_time():
        failed = try_once(server, certificates)
    assert (failed.code, failed.unknown_outcome) == (code, False)
    assert not any(server.bodies)


def test_a_server_that_closes_after_its_refusal_is_heard_to_the_end(certificates: DemoCertificates) -> None:
    answers: dict[str, Any] = {"EHLO": PIPELINES, "MAIL": b"421 closing", "RCPT": Silly.HANG_UP}
    with scripted_smtp(certificates.server_context(), **answers) as server:
        assert try_once(server, certificates).code == "smtp_421"


def test_a_mail_refused_together_with_its_recipient_is_followed_by_the_next_one(certificates: DemoCertificates) -> None:
    with talking(certificates, EHLO=PIPELINES, RCPT=[b"550 nobody", b"250 fine"]) as (server, session):
        with pytest.raises(DeliveryFailed):
            session.send("key", TO, notice())
        assert session.send("key 2", TO, notice()).detail == "250"
    assert len([body for body in server.bodies if body]) == 1
