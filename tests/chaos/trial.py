"""What a trial is: one way to break Bevaka, what must still hold, and what was seen.

The catalogue (T1 …) and its pass figures are those of facts/trust.md §2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Size(Enum):
    """How much of a trial to run: a part that fits in CI, or the whole."""

    SHORT = "short"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Check:
    """One pass figure: what was promised, what was seen, and whether that keeps the promise."""

    promise: str
    seen: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What a trial showed.

    Attributes:
        load: what was done, in a few words with numbers ("40 kills on PostgreSQL and SQLite").
        checks: its pass figures.
        table: a Markdown table of the details, where there is one.
    """

    load: str
    checks: Sequence[Check]
    table: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Say whether every promise was kept."""
        return all(check.kept for check in self.checks)


Run: TypeAlias = Callable[[Size], Finding]


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of the catalogue.

    Attributes:
        number: its number there, such as `T1`.
        title: what is broken, in a few words.
        run: breaks it, on real processes and servers that it starts and stops itself.
    """

    number: str
    title: str
    run: Run
