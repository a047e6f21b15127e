"""What surrounds the demo: a mail server and Teams on loopback, with a mailbox that shows what they caught."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from access.actors import OPERATOR
from demo.catchers import MailCatcher, TeamsCatcher
from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox
from demo.people import CLINICS
from engine.connecting import set_team_channel
from engine.parts import Engine
from notifications.channels.teams import TeamsSettings

MAILBOX_FILE = "demo-mailbox.sqlite"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The catchers and their mailbox, listening while the `with` block lasts."""

    mailbox: DemoMailbox
    certificates: DemoCertificates
    mail: MailCatcher
    teams: TeamsCatcher

    @staticmethod
    def prepare(folder: Path, clock: Callable[[], datetime]) -> "Surroundings":
        """Make a new throw-away authority and catchers on free ports. What was caught earlier is still there."""
        mailbox = DemoMailbox(folder / MAILBOX_FILE)
        certificates = DemoCertificates(folder, datetime.now(UTC))
        mail, teams = MailCatcher(mailbox, certificates, clock), TeamsCatcher(mailbox, certificates, clock)
        return Surroundings(mailbox, certificates, mail, teams)

    def __enter__(self) -> Self:
        # aiosmtpd tells of every line that is said to it; the mailbox tells what matters.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.mail.start()
        self.teams.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.mail.stop()
        self.teams.stop()
        self.mailbox.close()

    def settings(self) -> dict[str, Any]:
        """Return the settings that make the channels speak to the catchers, by name."""
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.mail.port,
            "smtp_security": "starttls",
            "smtp_username": "",
            "smtp_cafile": self.certificates.ca_file,
            "webhook_origins": self.teams.origin,
            "webhook_cafile": self.certificates.ca_file,
        }

    def connect_teams(self, engine: Engine) -> None:
        """Give every clinic its Teams connection anew: the catcher's port changes from start to start."""
        settings = TeamsSettings(trusted_origins=frozenset({self.teams.origin}), cafile=self.certificates.ca_file)
        for clinic in CLINICS:
            set_team_channel(engine, clinic.code, self.teams.url(clinic.code), settings, OPERATOR)
