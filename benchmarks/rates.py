"""Timing, interleaved: every side takes its turn in every round, and the medians of the rounds are compared."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """One contestant: `prepare` is not timed, `work` is; `work` returns how many it did."""

    name: str
    prepare: Callable[[int], None]
    work: Callable[[int], int]


def interleaved(sides: list[Side], rounds: int) -> Mapping[str, float]:
    """Return the median rate (per second) of each side over the rounds."""
    rates: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.prepare(number)
            began = time.perf_counter()
            done = side.work(number)
            rates[side.name].append(done / (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in rates.items()}


def table(title: str, rates: Mapping[str, float], floor: str) -> str:
    """Return the rates as lines of Markdown, each with its ratio to the floor."""
    rows = "\n".join(f"| {name} | {rate:,.0f} | {rate / rates[floor]:.2f} |" for name, rate in rates.items())
    return f"### {title}\n\n| | per second | × {floor} |\n|---|--:|--:|\n{rows}\n"
