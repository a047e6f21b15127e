"""Repeatable chance: what a case draws depends on the seed, the case and the question, never on the order of asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Draws:
    """The dice of one case.

    Attributes:
        seed: equal seeds, equal years.
        case_id: which case.
        haste: how much more (or less) often than usual this clinic is late.
    """

    seed: str
    case_id: int
    haste: float = 1.0

    def chance(self, *question: object) -> float:
        """Return a number from 0 up to 1."""
        return self._dice(question).random()

    def between(self, low: int, high: int, *question: object) -> int:
        """Return a whole number, both ends included."""
        return self._dice(question).randint(low, high)

    def choose(self, options: Sequence[str], weights: Sequence[int], *question: object) -> str:
        """Return one of the options, by weight."""
        return self._dice(question).choices(options, weights)[0]

    def lag(self, *question: object) -> int:
        """Return how many working days from its due date something is done: mostly before, sometimes long after."""
        dice = self._dice(("lag", *question))
        drawn = 1 - (1 - dice.random()) / self.haste
        if drawn < 0.82:
            return dice.randint(-12, -1)
        if drawn < 0.87:
            return 0
        if drawn < 0.93:
            return dice.randint(1, 4)
        return dice.randint(5, 9) if drawn < 0.98 else dice.randint(10, 18)

    def _dice(self, question: Sequence[object]) -> Random:
        return Random("/".join(map(str, (self.seed, self.case_id, *question))))
