"""What the engine is made of. Built by the front door, handed to every use case."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from access.identities import IdentityVault
from access.sealing import SecretBox
from access.signing import Signer
from engine.rulebook import Rulebook
from notifications.channels.email import SmtpSettings
from notifications.channels.teams import TeamsSettings
from notifications.channels.webhooks import HookSettings
from notifications.messages import Message
from notifications.outcomes import Accepted, at_once
from notifications.recipients import Mailbox, TeamsConnection
from storage.database import Database


def stay_asleep() -> None:
    """Nudge nobody: the next tick of the clock finds the work."""


def keep_nowhere(line: str) -> None:
    """Keep no signed head outside."""


class MailSession(Protocol):
    """One conversation with a mail server."""

    def send(
        self,
        key: str,
        to: Mailbox,
        message: Message,
        *,
        uncertain: bool = False,
        ready: Callable[[], bool] = at_once,
    ) -> Accepted:
        """Send one message, once `ready` says so; raises `DeliveryFailed` or `WithheldError`."""


class MailChannel(Protocol):
    """Email. `notifications.channels.email.EmailChannel`, or a fake held to the same conformance tests."""

    settings: SmtpSettings

    def open(self) -> AbstractContextManager[MailSession]:
        """Begin a conversation, for one thread."""


class TeamChannel(Protocol):
    """Teams. `notifications.channels.teams.TeamsChannel`, or a fake held to the same conformance tests."""

    settings: TeamsSettings

    def send(self, key: str, to: TeamsConnection, message: Message, *, uncertain: bool = False) -> Accepted:
        """Post one card; raises `DeliveryFailed` or `WebhookUrlError`."""


class HookPost(Protocol):
    """Webhooks of other systems. `notifications.channels.webhooks.HookChannel`."""

    settings: HookSettings

    def send(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Accepted:
        """Post one signed message; raises `DeliveryFailed` or `HookUrlError`."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts every use case may need.

    Attributes:
        database: where everything is kept.
        vault: seals and opens identities.
        secrets: seals and opens the system's own secrets, such as webhook addresses.
        public_url: the address of the web workplace, without a trailing slash; links in messages begin with it.
        email, teams, hooks: the ways out; None where that channel is not set up.
        nudge: wakes a postman after a commit that made something due; must not raise and must not wait.
        real_time: whether `now` is the world's time. Then leases are measured by the database's clock, which all
            postmen share, and every channel has a thread of its own.
        signer: signs the heads of the histories; without one none is signed.
        keep_outside: keeps the line of a signed head where nobody who may write the database can write.
        hold_backlog: after more than a day without a postman, more due messages than this wait for a human; 0: never.
    """

    database: Database
    vault: IdentityVault
    secrets: SecretBox
    public_url: str
    email: MailChannel | None = None
    teams: TeamChannel | None = None
    hooks: HookPost | None = None
    nudge: Callable[[], None] = stay_asleep
    signer: Signer | None = None
    keep_outside: Callable[[str], None] = keep_nowhere
    real_time: bool = False
    hold_backlog: int = 0
    rulebook: Rulebook = field(default_factory=Rulebook)

    def link_to(self, ref: str) -> str:
        """Return the address of a case's page. It names the case, never the person."""
        return f"{self.public_url}/cases/{ref}"
