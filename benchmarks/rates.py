"""Timing, interleaved: every side takes its turn in every round, and the medians of the rounds are compared."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.results import Row


@dataclass(frozen=True, slots=True)
class Side:
    """One contestant: `prepare` is not timed, `work` is; `work` returns how many it did."""

    name: str
    prepare: Callable[[int], None]
    work: Callable[[int], int]
    note: str = ""


def interleaved(sides: Sequence[Side], rounds: int) -> tuple[Row, ...]:
    """Return each side's rates (per second) over the rounds. Every other round goes backwards."""
    rates: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.prepare(number)
            began = time.perf_counter()
            done = side.work(number)
            rates[side.name].append(done / (time.perf_counter() - began))
    return tuple(Row.of(side.name, rates[side.name], side.note) for side in sides)
