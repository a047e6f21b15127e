"""Clients in processes of their own, connected before the clock starts: what is timed is work, not starting up.

A peer may keep state for its whole process (Django's settings, DBOS's executor), so every client of every side has one.
"""

import importlib
import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Protocol, Self

SPAWN = multiprocessing.get_context("spawn")  # a forked copy of this process would drag its connections along


class Contestant(Protocol):
    """What a side's class must have; it is made with the database's URL, in the client's process."""

    def create(self) -> None:
        """Make the tables, once for all clients."""

    def fill(self, first: int, number: int) -> None:
        """Make fresh cases, numbered from `first`."""

    def work(self, first: int, number: int) -> None:
        """Do the work for these cases."""

    def close(self) -> None:
        """Let go of everything."""


class ClientError(Exception):
    """A client's process could not do its part."""

    def __init__(self, side: str, why: str) -> None:
        self.side, self.why = side, why
        super().__init__(f"{side}: {why}")


class Clients:
    """The clients of one side."""

    def __init__(self, side: str, place: str, url: str, number: int) -> None:
        """Start them.

        Args:
            side: What the side is called in messages.
            place: Where its `Contestant` is: "module:Class".
            url: The database.
            number: How many clients.
        """
        self.side = side
        self._clients = [_start(place, url) for _ in range(number)]
        self._ask(0, "create", ())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, pipe in self._clients:
            pipe.send(("close", ()))
        for process, _ in self._clients:
            process.join(30)
            if process.is_alive():
                process.kill()

    def fill(self, first: int, number: int) -> None:
        """Make fresh cases."""
        self._ask(0, "fill", (first, number))

    def work(self, first: int, each: int) -> int:
        """Let every client do its share at the same time; return how many were done."""
        for place, (_, pipe) in enumerate(self._clients):
            pipe.send(("work", (first + place * each, each)))
        for place in range(len(self._clients)):
            self._answer(place)
        return each * len(self._clients)

    def _ask(self, place: int, what: str, numbers: Sequence[int]) -> None:
        self._clients[place][1].send((what, numbers))
        self._answer(place)

    def _answer(self, place: int) -> None:
        try:
            problem = self._clients[place][1].recv()
        except EOFError:
            problem = "its process has ended"
        if problem is not None:
            raise ClientError(self.side, problem)


def _start(place: str, url: str) -> tuple[BaseProcess, Connection]:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, place, url), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _serve(pipe: Connection, place: str, url: str) -> None:
    """Be a client: do what the pipe asks until it asks to close."""
    module, name = place.split(":")
    contestant: Contestant | None = None
    while True:
        try:
            what, numbers = pipe.recv()
        except EOFError:  # the benchmark has stopped
            what, numbers = "close", ()
        if what == "close":
            if contestant is not None:
                contestant.close()
            return
        try:
            contestant = contestant or getattr(importlib.import_module(module), name)(url)
            getattr(contestant, what)(*numbers)
            pipe.send(None)
        except Exception as error:  # noqa: BLE001 - the parent says what it was and stops
            pipe.send(f"{type(error).__name__}: {str(error)[:500]}")
