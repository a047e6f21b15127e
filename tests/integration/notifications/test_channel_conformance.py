"""What the engine may expect of a channel, asked of the real ones and of the fakes alike."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from demo.catchers import MailCatcher, TeamsCatcher
from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox
from notifications.channels.email import EmailChannel, EmailSession, SmtpSettings
from notifications.channels.teams import TeamsChannel, TeamsSettings
from notifications.messages import Message
from notifications.outcomes import Accepted, DeliveryFailed, WithheldError
from notifications.recipients import LANGUAGES, Language, Mailbox, SecretUrl, TeamsConnection
from tests.examples.messages import NOW, notice, one_of_each
from tests.fakes.channels import FakeEmailChannel, FakeEmailSession, FakeTeamsChannel
from tests.misbehaving.scripted_smtp import scripted_smtp
from tests.misbehaving.scripted_webhook import Answer, scripted_webhook

each = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: str(message.kind))


@dataclass
class Way:
    """A channel with a recipient: ``send`` to it, and count what ``arrived``."""

    send: Callable[[str, Language, Message, bool], Accepted]
    arrived: Callable[[], int]


@pytest.fixture
def open_ways() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def email_settings(port: int, certificates: DemoCertificates) -> SmtpSettings:
    return SmtpSettings(
        "localhost", port, "starttls", "bevaka@region.example", b"0123456789abcdef", "region.example",
        cafile=certificates.ca_file,
    )  # fmt: skip


def over_email(session: EmailSession | FakeEmailSession, arrived: Callable[[], int]) -> Way:
    return Way(
        lambda key, language, message, uncertain: session.send(
            key, Mailbox("kim@region.example", language), message, uncertain=uncertain
        ),
        arrived,
    )


def over_teams(channel: TeamsChannel | FakeTeamsChannel, url: str, arrived: Callable[[], int]) -> Way:
    return Way(
        lambda key, language, message, uncertain: channel.send(
            key, TeamsConnection(SecretUrl(url), language), message, uncertain=uncertain
        ),
        arrived,
    )


@pytest.fixture(params=["email", "fake email", "teams", "fake teams"])
def way(
    request: pytest.FixtureRequest,
    open_ways: ExitStack,
    mailbox: DemoMailbox,
    mail_catcher: MailCatcher,
    teams_catcher: TeamsCatcher,
    certificates: DemoCertificates,
) -> Way:
    if request.param == "email":
        channel = EmailChannel(email_settings(mail_catcher.port, certificates), lambda: NOW)
        return over_email(open_ways.enter_context(channel.open()), mailbox.count)
    if request.param == "teams":
        settings = TeamsSettings(trusted_origins=frozenset({teams_catcher.origin}), cafile=certificates.ca_file)
        return over_teams(TeamsChannel(settings, lambda: NOW), teams_catcher.url(), mailbox.count)
    if request.param == "fake email":
        fake_email = FakeEmailChannel()
        return over_email(open_ways.enter_context(fake_email.open()), lambda: len(fake_email.sent))
    fake_teams = FakeTeamsChannel()
    return over_teams(fake_teams, teams_catcher.url(), lambda: len(fake_teams.sent))


@pytest.fixture(params=["email", "fake email", "teams", "fake teams"])
def broken_way(request: pytest.FixtureRequest, open_ways: ExitStack, certificates: DemoCertificates) -> Way:
    """A way whose first message fails for good."""
    if request.param == "email":
        answers = [b"550 no", b"250 fine"]
        smtp = open_ways.enter_context(scripted_smtp(certificates.server_context(), RCPT=list(answers)))
        channel = EmailChannel(email_settings(smtp.port, certificates), lambda: NOW)
        return over_email(open_ways.enter_context(channel.open()), lambda: len(smtp.bodies))
    if request.param == "teams":
        hook = open_ways.enter_context(
            scripted_webhook(certificates.server_context(), decide=lambda number: Answer(400 if number == 1 else 202))
        )
        settings = TeamsSettings(trusted_origins=frozenset({hook.origin}), cafile=certificates.ca_file)
        return over_teams(TeamsChannel(settings, lambda: NOW), hook.url, lambda: len(hook.posted) - 1)
    if request.param == "fake email":
        fake_email = FakeEmailChannel([DeliveryFailed("smtp_550", permanent=True)])
        return over_email(open_ways.enter_context(fake_email.open()), lambda: len(fake_email.sent))
    fake_teams = FakeTeamsChannel([DeliveryFailed("http_400", permanent=True)])
    return over_teams(fake_teams, "https://localhost:1/?sig=x", lambda: len(fake_teams.sent))


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_accepted_in_every_language(way: Way, message: Message, language: Language) -> None:
    accepted = way.send("key", language, message, False)
    assert accepted.detail.startswith("2")
    assert way.arrived() == 1


@pytest.mark.parametrize("kind", ["real", "fake"])
def test_a_mail_that_is_withheld_never_leaves_and_the_next_one_does(
    kind: str, mail_catcher: MailCatcher, mailbox: DemoMailbox, certificates: DemoCertificates
) -> None:
    fake = FakeEmailChannel()
    channel = EmailChannel(email_settings(mail_catcher.port, certificates), lambda: NOW) if kind == "real" else fake
    to = Mailbox("kim@region.example")
    with channel.open() as session:
        with pytest.raises(WithheldError):
            session.send("first", to, notice(), ready=lambda: False)
        session.send("second", to, notice())
    assert (mailbox.count() if kind == "real" else len(fake.sent)) == 1


def test_a_certain_message_is_no_duplicate(way: Way) -> None:
    assert not way.send("key", "sv", notice(), False).may_be_duplicate


def test_an_uncertain_message_may_be_a_duplicate(way: Way) -> None:
    assert way.send("key", "sv", notice(), True).may_be_duplicate


def test_a_channel_does_not_hold_back_a_repetition(way: Way) -> None:
    # Whether to send is the engine's decision alone; a channel that remembers would swallow a real second reminder.
    way.send("key", "sv", notice(), False)
    way.send("key", "sv", notice(), False)
    assert way.arrived() == 2


def test_a_permanent_failure_is_raised_as_one(broken_way: Way) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        broken_way.send("key", "sv", notice(), False)
    assert (caught.value.permanent, caught.value.unknown_outcome, broken_way.arrived()) == (True, False, 0)


def test_the_message_after_a_failure_is_accepted(broken_way: Way) -> None:
    with pytest.raises(DeliveryFailed):
        broken_way.send("first", "sv", notice(), False)
    broken_way.send("second", "sv", notice(), False)
    assert broken_way.arrived() == 1


@pytest.mark.parametrize("kind", ["real", "fake"])
def test_a_closed_session_sends_no_more(kind: str, mail_catcher: MailCatcher, certificates: DemoCertificates) -> None:
    real = EmailChannel(email_settings(mail_catcher.port, certificates), lambda: NOW)
    channel = real if kind == "real" else FakeEmailChannel()
    with channel.open() as session:
        pass
    with pytest.raises(RuntimeError):
        session.send("key", Mailbox("kim@region.example"), notice())
