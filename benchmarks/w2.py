"""W2: a sweep that finds 10,000 due among many, and one that finds nothing; and what schedulers need for 500."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
from sqlalchemy import text

from benchmarks import floor, peers
from benchmarks.caseload import FAR, FIRST_REMINDER, NOW, build_engine, fill, prepare
from benchmarks.clients import Clients
from benchmarks.rates import Side, interleaved
from benchmarks.results import Result, time_at_most
from benchmarks.run import Run
from engine.parts import Engine
from engine.sweeping import sweep
from tests.servers.postgres import libpq_url

DUE = 10_000
EMPTY = 200
FEW = 500  # schedulers take seconds for so many
SIZES, QUICK_SIZES = (20_000, 200_000, 2_000_000), (20_000,)
BY_HAND, BEVAKA = "by hand", "Bevaka"
FULL_LIMIT, EMPTY_LIMIT = 1 / 0.8, 1.6  # × the time of batches in SQL by hand


def results(run: Run) -> Iterator[Result]:
    """Run W2 at every size."""
    for size in QUICK_SIZES if run.quick else SIZES:
        url = run.server.create_database()
        engine = prepare(url)
        fill(url, size, 1, due_at=FIRST_REMINDER, later=FAR, due=DUE)
        engine.database.close()
        engine = build_engine(url)
        with closing(engine.database), closing(psycopg.connect(libpq_url(url))) as by_hand:
            yield _full(run, engine, by_hand, size)
            yield _empty(run, engine, by_hand, size)
        run.server.drop(url)
    if run.peers:
        yield _fired(run)


class Bevaka:
    """Sweeps, with clients in processes of their own as the schedulers have them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = build_engine(url)

    def create(self) -> None:
        """The schema is there already."""

    def fill(self, first: int, number: int) -> None:
        fill(self.url, number, first, due_at=FIRST_REMINDER, later=FAR, due=number)

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        swept = sweep(self.engine, NOW).deadlines
        if swept != number:
            raise ValueError(f"{swept} of {number} were due")

    def close(self) -> None:
        self.engine.database.close()


def _fired(run: Run) -> Result:
    """Measure what schedulers need for as many due reminders as they manage in seconds."""
    url = run.server.create_database()
    prepare(url).database.close()
    places = [(BEVAKA, f"{__name__}:Bevaka", "ladder, ledger and outbox")]
    places += [(peer.name, f"benchmarks.peers.{peer.place}", peer.note) for peer in peers.with_firing(run)]
    numbers = itertools.count(1, 20 * FEW)
    with ExitStack() as stack:
        sides = []
        for name, place, note in places:
            clients = stack.enter_context(Clients(name, place, url, 1))
            sides.append(_turn(clients, numbers, note))
        rows = interleaved(sides, run.rounds)
    run.server.drop(url)
    return Result("w2", f"W2, {FEW:,} due, beside schedulers", "per second", rows, run.rounds, BEVAKA)


def _turn(clients: Clients, numbers: Iterator[int], note: str) -> Side:
    return Side(clients.side, lambda _: clients.fill(next(numbers), FEW), lambda _: clients.work(1, FEW), note)


def _full(run: Run, engine: Engine, by_hand: floor.Connection, size: int) -> Result:
    def again(_: int) -> None:
        _make_due_again(engine)

    def ours(_: int) -> int:
        return sweep(engine, NOW).deadlines

    def hand(_: int) -> int:
        return floor.sweep(by_hand, NOW, FAR)

    rows = interleaved([Side(BY_HAND, again, hand), Side(BEVAKA, again, ours)], run.rounds)
    title = f"W2, {DUE:,} due of {size:,} open cases"
    goals = (time_at_most(rows, BEVAKA, BY_HAND, FULL_LIMIT),)
    return Result("w2", title, "per second", rows, run.rounds, BY_HAND, goals)


def _empty(run: Run, engine: Engine, by_hand: floor.Connection, size: int) -> Result:
    def nothing(_: int) -> None:
        """Leave nothing due."""

    def ours(_: int) -> int:
        for _ in range(EMPTY):
            sweep(engine, NOW)
        return EMPTY

    def hand(_: int) -> int:
        for _ in range(EMPTY):
            floor.sweep(by_hand, NOW, FAR)
        return EMPTY

    _vacuum(engine)  # as autovacuum does: what was due a moment ago is neither in the index nor in the statistics
    rows = interleaved([Side(BY_HAND, nothing, hand), Side(BEVAKA, nothing, ours)], run.rounds)
    goals = (time_at_most(rows, BEVAKA, BY_HAND, EMPTY_LIMIT),)
    return Result("w2", f"W2, nothing due, {size:,} open cases", "sweeps per second", rows, run.rounds, BY_HAND, goals)


def _make_due_again(engine: Engine) -> None:
    """Make the same 10,000 due again and forget what was written."""
    with engine.database.write() as connection:
        connection.execute(text("TRUNCATE ledger, outbox CASCADE"))
        connection.execute(
            text("UPDATE deadline SET next_rung = 0, next_at = :due, accounted = 0 WHERE id <= :last"),
            {"due": FIRST_REMINDER, "last": DUE},
        )
    _vacuum(engine)


def _vacuum(engine: Engine) -> None:
    with psycopg.connect(libpq_url(str(engine.database.url)), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE deadline")
