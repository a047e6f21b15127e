"""A demo that stands still: personas of the small clinic, a mailbox in memory, a journey that is told where it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tests.house import House
from web.demo_door import Journey, Persona, TimeUnit
from workflows.model import Text

Kind = Literal["mail", "card"]


@dataclass(frozen=True)
class FakeItem:
    """A mail or card."""

    id: int
    kind: Kind
    received_at: datetime
    recipient: str
    subject: str
    refs: tuple[str, ...]
    raw: bytes


@dataclass
class FakeMailbox:
    """What was caught, oldest first."""

    items: list[FakeItem] = field(default_factory=list)

    def list(
        self, limit: int = 50, offset: int = 0, kind: Kind | None = None, ref: str | None = None
    ) -> Sequence[FakeItem]:
        return self._about(kind, ref)[offset : offset + limit]

    def get(self, number: int) -> FakeItem | None:
        return next((item for item in self.items if item.id == number), None)

    def count(self, kind: Kind | None = None, ref: str | None = None) -> int:
        return len(self._about(kind, ref))

    def _about(self, kind: Kind | None, ref: str | None) -> "Sequence[FakeItem]":
        newest = reversed(self.items)
        return [i for i in newest if kind in (None, i.kind) and (ref is None or ref in i.refs)]


@dataclass
class FakeDemo:
    """The demo as the pages see it."""

    house: House
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    asked: list[TimeUnit] = field(default_factory=list)
    travelling: Journey | None = None
    stopped: bool = False

    def personas(self) -> Sequence[Persona]:
        roles = ("coordinator", "unit_manager", "project_lead", "admin", "deputy", "handler")
        return [Persona(self.house.staff[role], f"Prov {role}", Text(role, role), "Mottagning north") for role in roles]

    def start_journey(self, unit: TimeUnit) -> bool:
        if self.travelling is not None and self.travelling.running:
            return False
        self.asked.append(unit)
        return True

    def stop_journey(self) -> None:
        self.stopped = True

    def journey(self) -> Journey | None:
        return self.travelling
