"""What a workload found: one row for each side, and the goals it was held against. Plain values, kept as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One side's figures over the rounds, in the unit of its result."""

    name: str
    median: float
    low: float
    high: float
    note: str = ""

    @classmethod
    def of(cls, name: str, values: Sequence[float], note: str = "") -> "Row":
        """Return the median and the spread of what the rounds gave (at least one)."""
        return cls(name, statistics.median(values), min(values), max(values), note)


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure promised beforehand, and what came out. `at_least` turns the limit from a ceiling to a floor."""

    text: str
    limit: float
    measured: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Say whether the promise held."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Result:
    """One table.

    Attributes:
        workload: What to run to get it anew, as in `python -m benchmarks w1`.
        title: The heading of the table; unique among all results.
        unit: Of every figure: "per second", "ms", "MB".
        rows: The sides, in the order to print.
        rounds: How many rounds the medians are of.
        against: The name of the row that the others are divided by; None where ratios say nothing.
        goals: The promises this table decides.
        remarks: What a reader must know to judge the figures.
    """

    workload: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    rounds: int
    against: str | None = None
    goals: tuple[Goal, ...] = ()
    remarks: tuple[str, ...] = ()

    def row(self, name: str) -> Row:
        """Return one side's row.

        Raises:
            KeyError: No side has that name.
        """
        return next((row for row in self.rows if row.name == name), None) or _missing(name)


def time_at_most(rows: Sequence[Row], side: str, against: str, limit: float) -> Goal:
    """Return the goal that a side takes at most `limit` times as long as another; rows are rates."""
    medians = {row.name: row.median for row in rows}
    return Goal(f"{side} takes at most {limit:g} × the time of {against}", limit, medians[against] / medians[side])


def rate_at_least(rows: Sequence[Row], side: str, against: str, limit: float) -> Goal:
    """Return the goal that a side does at least `limit` times as many as another; rows are rates."""
    medians = {row.name: row.median for row in rows}
    return Goal(f"{side} does at least {limit:g} × {against}", limit, medians[side] / medians[against], at_least=True)


def to_json(result: Result) -> dict[str, Any]:
    """Return a result as what `json` can write."""
    return asdict(result)


def from_json(written: dict[str, Any]) -> Result:
    """Return the result that `to_json` wrote."""
    return Result(
        **{
            **written,
            "rows": tuple(Row(**row) for row in written["rows"]),
            "goals": tuple(Goal(**goal) for goal in written["goals"]),
            "remarks": tuple(written["remarks"]),
        }
    )


def _missing(name: str) -> Row:
    raise KeyError(name)
