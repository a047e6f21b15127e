"""W1: one guarded transition, committed. One client, and four."""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, date, datetime

import psycopg

from benchmarks import floor
from benchmarks.caseload import ACTOR, FAR, build_engine, fill
from benchmarks.rates import Side, interleaved, table
from engine.firing import fire
from tests.servers.postgres import libpq_url
from workflows.case import Event

NOW = datetime(2024, 2, 12, 9, tzinfo=UTC)
HOLD = Event("hold", {"held_on": date(2024, 2, 12), "meeting_at": datetime(2024, 5, 10, 9, tzinfo=UTC)})

Client = Callable[[str, int, int], None]


def by_hand(url: str, first: int, number: int) -> None:
    """Fire by hand-written SQL."""
    with psycopg.connect(libpq_url(url)) as connection:
        for case in range(first, first + number):
            floor.transition(connection, f"B{case}", NOW)


def bevaka(url: str, first: int, number: int) -> None:
    """Fire through the engine."""
    engine = build_engine(url)
    for case in range(first, first + number):
        fire(engine, f"B{case}", HOLD, ACTOR, NOW)
    engine.database.close()


class Runner:
    """Gives each round fresh cases and shares them among clients."""

    def __init__(self, url: str, clients: int, each: int) -> None:
        self.url, self.clients, self.each, self.next = url, clients, each, 1

    def side(self, name: str, client: Client) -> Side:
        """Return one contestant."""
        return Side(name, self._fresh, lambda _: self._run(client))

    def _fresh(self, _: int) -> None:
        number = self.clients * self.each
        fill(self.url, number, self.next, due_at=FAR, later=FAR, due=0)
        self.first, self.next = self.next, self.next + 20 * number

    def _run(self, client: Client) -> int:
        if self.clients == 1:
            client(self.url, self.first, self.each)
            return self.each
        context = multiprocessing.get_context("fork")
        workers = [
            context.Process(target=client, args=(self.url, self.first + number * self.each, self.each))
            for number in range(self.clients)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return self.clients * self.each


def measure(url: str, rounds: int, each: int) -> str:
    """Run W1 and return its tables."""
    parts = []
    for clients in (1, 4):
        runner = Runner(url, clients, each)
        runner.next = 1 + clients * 10_000_000
        rates = interleaved([runner.side("by hand", by_hand), runner.side("Bevaka", bevaka)], rounds)
        parts.append(table(f"W1, {clients} client{'s' if clients > 1 else ''}", rates, "by hand"))
    return "\n".join(parts)
