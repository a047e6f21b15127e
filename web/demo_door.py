"""What the pages need of a demo: people to look through the eyes of, a mailbox, and time that can be moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from workflows.model import Text


@dataclass(frozen=True, slots=True)
class Persona:
    """A member of the demo's staff whose part a visitor may take. The first one is taken at first."""

    staff_id: int
    name: str
    role: Text
    unit: str | None = None  # a unit's title; None for those who work in every unit


class CaughtItem(Protocol):
    """One mail or card as it arrived (`demo.mailbox.Caught`)."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def kind(self) -> Literal["mail", "card"]: ...  # noqa: D102
    @property
    def received_at(self) -> datetime: ...  # noqa: D102
    @property
    def recipient(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def refs(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def raw(self) -> bytes: ...  # noqa: D102


class Mailbox(Protocol):
    """What the demo caught, newest first (`demo.mailbox.DemoMailbox`)."""

    def list(  # noqa: D102
        self,
        limit: int = 50,
        offset: int = 0,
        kind: Literal["mail", "card"] | None = None,
        ref: str | None = None,
    ) -> Sequence[CaughtItem]: ...

    def get(self, number: int) -> CaughtItem | None: ...  # noqa: D102

    def count(self, kind: Literal["mail", "card"] | None = None, ref: str | None = None) -> int: ...  # noqa: D102


class TimeUnit(StrEnum):
    """What time is moved by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Journey:
    """How far a journey through time has come. Instants are UTC, by the demo's clock."""

    running: bool
    started_from: datetime
    until: datetime
    reached: datetime
    messages: int  # that left on the way
    failed: bool = False  # it stopped before its end

    @property
    def percent(self) -> int:
        """Return how much of the way is done, 0 to 100."""
        whole = (self.until - self.started_from).total_seconds()
        done = (self.reached - self.started_from).total_seconds()
        return max(0, min(100, int(100 * done / whole))) if whole > 0 else 100


class DemoDoor(Protocol):
    """The demo, as the pages see it. Methods are called from any thread and must be quick."""

    @property
    def mailbox(self) -> Mailbox: ...  # noqa: D102

    def personas(self) -> Sequence[Persona]: ...  # noqa: D102

    def start_journey(self, unit: TimeUnit) -> bool:
        """Begin to move time forward by one unit, in the background; False when a journey runs already."""
        ...

    def stop_journey(self) -> None:
        """Ask a running journey to stop where it is; nothing happens when none runs."""
        ...

    def journey(self) -> Journey | None:
        """Return the journey that runs, or the last one; None when there was none."""
        ...
