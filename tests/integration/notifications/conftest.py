"""Certificates, catchers and a virtual clock for the channel tests."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.catchers import MailCatcher, TeamsCatcher
from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox
from tests.examples.messages import NOW


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    return DemoCertificates(tmp_path_factory.mktemp("tls"), datetime.now(UTC))


@pytest.fixture(scope="session")
def foreign_certificates(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    """Of an authority that nobody trusts."""
    return DemoCertificates(tmp_path_factory.mktemp("foreign-tls"), datetime.now(UTC))


@pytest.fixture(scope="session")
def misnamed_certificates(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    """For another host than the one we call."""
    return DemoCertificates(tmp_path_factory.mktemp("misnamed-tls"), datetime.now(UTC), host="other.example")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[DemoMailbox]:
    box = DemoMailbox(tmp_path / "caught.db")
    yield box
    box.close()


@pytest.fixture
def mail_catcher(mailbox: DemoMailbox, certificates: DemoCertificates) -> Iterator[MailCatcher]:
    with MailCatcher(mailbox, certificates, lambda: NOW) as catcher:
        yield catcher


@pytest.fixture
def teams_catcher(mailbox: DemoMailbox, certificates: DemoCertificates) -> Iterator[TeamsCatcher]:
    with TeamsCatcher(mailbox, certificates, lambda: NOW) as catcher:
        yield catcher
