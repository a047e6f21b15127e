"""What tasks work with: the engine and the clock that the process has handed over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.parts import Engine

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Provided:
    """The engine and the clock (UTC) of this process, and what is done after every sweep."""

    engine: Engine
    clock: Clock
    after_sweep: Callable[[datetime], object]


class NothingProvidedError(RuntimeError):
    """A task ran in a process that has not called `provide`: a mistake in the program, not of its user."""

    def __init__(self) -> None:
        super().__init__("call tasks.provided.provide(engine, clock) before tasks run")


_here: list[Provided] = []


def nothing_more(_now: datetime) -> None:
    """Leave a sweep at that."""


def provide(engine: Engine, clock: Clock, after_sweep: Callable[[datetime], object] = nothing_more) -> None:
    """Hand over what the tasks of this process work with, in place of what was there."""
    _here[:] = [Provided(engine, clock, after_sweep)]


def withdraw() -> None:
    """Take back what was provided."""
    _here.clear()


def provided() -> Provided:
    """Return what was handed over; raises `NothingProvidedError`."""
    if not _here:
        raise NothingProvidedError
    return _here[-1]
