"""W1: one guarded transition, committed. One client, and four."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime

import psycopg

from benchmarks import floor, peers
from benchmarks.caseload import ACTOR, FAR, build_engine, fill, prepare, ref_of
from benchmarks.clients import Clients
from benchmarks.rates import Side, interleaved
from benchmarks.results import Goal, Result, Row, rate_at_least, time_at_most
from benchmarks.run import Run
from engine.firing import fire
from tests.servers.postgres import libpq_url
from workflows.case import Event

NOW = datetime(2024, 2, 12, 9, tzinfo=UTC)
HOLD = Event("hold", {"held_on": date(2024, 2, 12), "meeting_at": datetime(2024, 5, 10, 9, tzinfo=UTC)})
BY_HAND, BEVAKA = "by hand", "Bevaka"
CASES, QUICK_CASES = 500, 200  # each client's in a round
WARM_UP = 20
PEERS_SHARE = 5  # a peer does a fifth of the cases: its rate is as sure, and the round is not all its own
TIME_LIMIT = 1.0  # × by hand, whatever the number of clients
BEST_PEER = 3.0


class ByHand:
    """Fires by hand-written SQL, one statement for each row."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(libpq_url(url))

    def create(self) -> None:
        """The schema is Bevaka's."""

    def fill(self, first: int, number: int) -> None:
        fill(self.url, number, first, due_at=FAR, later=FAR, due=0)

    def work(self, first: int, number: int) -> None:
        for case in range(first, first + number):
            floor.transition(self.connection, ref_of(case), NOW)

    def close(self) -> None:
        self.connection.close()


class Bevaka:
    """Fires through the engine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = build_engine(url)

    def create(self) -> None:
        """The schema is there already."""

    def fill(self, first: int, number: int) -> None:
        fill(self.url, number, first, due_at=FAR, later=FAR, due=0)

    def work(self, first: int, number: int) -> None:
        for case in range(first, first + number):
            fire(self.engine, ref_of(case), HOLD, ACTOR, NOW)

    def close(self) -> None:
        self.engine.database.close()


class Numbers:
    """Gives every turn case numbers that nobody has used."""

    def __init__(self) -> None:
        self.first, self._next = 1, 1

    def side(self, clients: Clients, count: int, each: int, note: str = "") -> Side:
        """Return a side whose clients do `each` cases in a round, having warmed up."""
        self._fresh(clients, count * WARM_UP)
        clients.work(self.first, WARM_UP)
        return Side(
            clients.side,
            lambda _: self._fresh(clients, count * each),
            lambda _: clients.work(self.first, each),
            note,
        )

    def _fresh(self, clients: Clients, number: int) -> None:
        self.first, self._next = self._next, self._next + 20 * number  # deadlines' ids come from the same range
        clients.fill(self.first, number)


def results(run: Run) -> Iterator[Result]:
    """Run W1."""
    for clients in (1, 4):
        url = run.server.create_database()
        prepare(url).database.close()
        yield _measure(run, url, clients)
        run.server.drop(url)


def _measure(run: Run, url: str, clients: int) -> Result:
    each = QUICK_CASES if run.quick else CASES
    entered = peers.with_w1(run)
    numbers = Numbers()
    with ExitStack() as stack:

        def side(name: str, place: str, each: int, note: str = "") -> Side:
            return numbers.side(stack.enter_context(Clients(name, place, url, clients)), clients, each, note)

        sides = [side(BY_HAND, f"{__name__}:ByHand", each), side(BEVAKA, f"{__name__}:Bevaka", each)]
        sides += [side(peer.name, f"benchmarks.peers.{peer.place}", each // PEERS_SHARE, peer.note) for peer in entered]
        rows = interleaved(sides, run.rounds)
    return Result(
        workload="w1",
        title=f"W1, a guarded transition committed, {clients} client{'s' if clients > 1 else ''}",
        unit="per second",
        rows=rows,
        rounds=run.rounds,
        against=BY_HAND,
        goals=tuple(_goals(rows)),
        remarks=(f"{each:,} cases for each client in a round, a peer {each // PEERS_SHARE:,}.",),
    )


def _goals(rows: Sequence[Row]) -> Iterator[Goal]:
    yield time_at_most(rows, BEVAKA, BY_HAND, TIME_LIMIT)
    rivals = [row for row in rows if row.name not in {BY_HAND, BEVAKA, peers.NO_MACHINE}]
    if rivals:
        best = max(rivals, key=lambda row: row.median)
        yield rate_at_least(rows, BEVAKA, best.name, BEST_PEER)
