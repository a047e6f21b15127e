"""W3: a file of decisions becomes cases, and 5,000 reminders are put where they wait."""

import csv
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session, registry

from access.actors import OPERATOR
from access.personnumbers import synthetic_number, synthetic_serials
from benchmarks import opening_by_hand, peers
from benchmarks.caseload import build_engine, prepare
from benchmarks.clients import Clients
from benchmarks.rates import Side, interleaved
from benchmarks.results import Result, time_at_most
from benchmarks.run import Run
from engine.importing import apply_import
from storage import tables
from tests.servers.postgres import libpq_url

NOW = datetime(2024, 2, 1, 9, tzinfo=UTC)
HEADER = ("Personnummer", "Namn", "Beslutsdatum", "Från och med", "Till och med", "Omfattning", "Mottagning",
          "Koordinator")  # fmt: skip
FIRST_BORN = date(1995, 1, 1)  # whoever is born in these ten years is of the age for the benefit
PERSONS = 7_000  # two numbers of the test series a day; beyond that, people have several decisions
CASES, QUICK_CASES = 10_000, 1_000
MANY, IN_A_FILE = 100_000, 50_000  # a file may hold no more
REMINDERS, QUICK_REMINDERS = 5_000, 500
LIMIT = 1.5  # × executemany by hand (facts/performance.md)
EXECUTEMANY, COPY, BEVAKA, ORM = "by hand, executemany", "by hand, COPY", "Bevaka, import", "SQLAlchemy ORM, same rows"
RUNGS = 3  # of the ladder that a case opens with


class OpeningCases:
    """A side: fresh tables and files, then cases from the files."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.folder = tempfile.TemporaryDirectory()
        self.files: list[Path] = []
        self.engine = build_engine(url)

    def create(self) -> None:
        """The schema is there already."""

    def fill(self, first: int, number: int) -> None:  # noqa: ARG002 - every round begins with empty tables
        with psycopg.connect(libpq_url(self.url)) as connection:
            connection.execute('TRUNCATE person, "case", history, deadline, ledger, outbox, intake CASCADE')
        self.files = list(_files(Path(self.folder.name), number))

    def close(self) -> None:
        self.engine.database.close()
        self.folder.cleanup()


class Bevaka(OpeningCases):
    """Imports the files."""

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        for file in self.files:
            opened = apply_import(self.engine, file, "bench", OPERATOR, NOW).opened
            if len(opened) != min(number, IN_A_FILE):
                raise ValueError(f"{len(opened)} of {number} cases were opened")


class Executemany(OpeningCases):
    """Writes the rows of the files by hand."""

    write = staticmethod(opening_by_hand.by_executemany)

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        ids = itertools.count(first)
        with psycopg.connect(libpq_url(self.url)) as connection:
            for file in self.files:
                self.write(connection, opening_by_hand.read(file, self.engine.vault, ids, NOW))


class Copy(Executemany):
    """Writes the rows of the files by hand, with COPY."""

    write = staticmethod(opening_by_hand.by_copy)


class Orm(OpeningCases):
    """Writes the rows of the files as objects of SQLAlchemy's ORM."""

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        ids = itertools.count(first)
        for file in self.files:
            with Session(self.engine.database.engine) as session, session.begin():
                for name, rows in opening_by_hand.read(file, self.engine.vault, ids, NOW):
                    session.add_all(_object(name, row) for row in rows)
                    session.flush()


def _object(name: str, row: tuple[Any, ...]) -> object:
    plain = (value.obj if isinstance(value, Jsonb) else value for value in row)
    return MAPPED[name](**dict(zip(opening_by_hand.COLUMNS[name], plain, strict=True)))


def _mapped() -> dict[str, type]:
    mapper = registry(metadata=tables.metadata)
    classes = {name: type(name.capitalize(), (), {}) for name in opening_by_hand.COLUMNS}
    for name, mapped in classes.items():
        mapper.map_imperatively(mapped, tables.metadata.tables[name])
    return classes


MAPPED = _mapped()


def results(run: Run) -> Iterator[Result]:
    """Run W3."""
    yield _opening(run, QUICK_CASES if run.quick else CASES, run.rounds)
    if not run.quick:
        yield _opening(run, MANY, 1)
    if run.peers:
        yield _reminders(run)


def _opening(run: Run, number: int, rounds: int) -> Result:
    places = {EXECUTEMANY: "Executemany", BEVAKA: "Bevaka", COPY: "Copy"} | (
        {ORM: "Orm"} if run.peers and rounds > 1 else {}
    )
    url = run.server.create_database()
    prepare(url).database.close()
    with ExitStack() as stack:
        clients = [stack.enter_context(Clients(name, f"{__name__}:{at}", url, 1)) for name, at in places.items()]
        rows = interleaved([_side(client, number) for client in clients], rounds)
    run.server.drop(url)
    return Result(
        "w3",
        f"W3, opening {number:,} cases from {'a file' if number <= IN_A_FILE else 'files'}",
        "cases per second",
        rows,
        rounds,
        EXECUTEMANY,
        (time_at_most(rows, BEVAKA, EXECUTEMANY, LIMIT),),
        ("Reading the file, sealing identities and the commit are in every figure; checks and look-ups in Bevaka's.",),
    )


def _side(clients: Clients, number: int, note: str = "", count: int = 1) -> Side:
    """Return a side that does `number` in a round, each counted as `count`."""
    turns = itertools.count()
    first = [0]

    def fresh(_: int) -> None:
        first[0] = 1 + next(turns) * number
        clients.fill(first[0], number)

    return Side(clients.side, fresh, lambda _: count * clients.work(first[0], number), note)


def _reminders(run: Run) -> Result:
    number = QUICK_REMINDERS if run.quick else REMINDERS
    url = run.server.create_database()
    prepare(url).database.close()
    with ExitStack() as stack:
        bevaka = stack.enter_context(Clients(BEVAKA, f"{__name__}:Bevaka", url, 1))
        sides = [_side(bevaka, number // RUNGS, "opens the cases too: person, history and a ladder of three", RUNGS)]
        for peer in peers.with_reminders(run):
            clients = stack.enter_context(Clients(peer.name, f"benchmarks.peers.{peer.place}", url, 1))
            sides.append(_side(clients, number, peer.note))
        rows = interleaved(sides, run.rounds)
    run.server.drop(url)
    return Result("w3", f"W3, {number:,} reminders put where they wait", "per second", rows, run.rounds, BEVAKA)


def _files(folder: Path, number: int) -> Iterator[Path]:
    for start in range(0, number, IN_A_FILE):
        path = folder / f"{start}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(HEADER)
            writer.writerows(_decision(place) for place in range(start, min(start + IN_A_FILE, number)))
        yield path


def _decision(place: int) -> tuple[str, ...]:
    person, which = place % PERSONS, place // PERSONS
    born = FIRST_BORN + timedelta(person // 2)
    number = synthetic_number(born, synthetic_serials(born)[person % 2]).digits
    decided = (date(2024, 1, 1) + timedelta(which)).isoformat()
    return (number, "Prov Testperson", decided, "2024-02-01", "2026-01-31", "halv", "north", "k@bevaka.example")
