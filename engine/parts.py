"""What the engine is made of. Built by the front door, handed to every use case."""

from collections.abc import Callable
from dataclasses import dataclass, field

from access.identities import IdentityVault
from access.sealing import SecretBox
from engine.rulebook import Rulebook
from notifications.channels.email import EmailChannel
from notifications.channels.teams import TeamsChannel
from storage.database import Database


def stay_asleep() -> None:
    """Nudge nobody: the next tick of the clock finds the work."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts every use case may need.

    Attributes:
        database: where everything is kept.
        vault: seals and opens identities.
        secrets: seals and opens the system's own secrets, such as webhook addresses.
        public_url: the address of the web workplace, without a trailing slash; links in messages begin with it.
        email, teams: the ways out; None where that channel is not set up.
        nudge: wakes a postman after a commit that made something due; must not raise and must not wait.
    """

    database: Database
    vault: IdentityVault
    secrets: SecretBox
    public_url: str
    email: EmailChannel | None = None
    teams: TeamsChannel | None = None
    nudge: Callable[[], None] = stay_asleep
    rulebook: Rulebook = field(default_factory=Rulebook)

    def link_to(self, ref: str) -> str:
        """Return the address of a case's page. It names the case, never the person."""
        return f"{self.public_url}/cases/{ref}"
