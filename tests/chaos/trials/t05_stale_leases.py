"""T5: many clocks and many postmen at once, and some that sleep past their lease and wake up with a stale token."""

import json
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from engine.leases import LEASE
from storage.tables import ledger, outbox
from tests.chaos.crews import POSTMEN, Crew, go_home, start_crew
from tests.chaos.stage import Stage, open_stage
from tests.chaos.total_queue import TABLE
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.embedded import until

CLOCKS, POSTMEN_NUMBER = 3, 8
STOPS = {"0": "taken", "1": "recorded"}  # before it sends; after the server took the message, before it says so
BATCH = 50  # messages in the hands of one postman
SHORT_LEASE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the postmen's journal."""

    pid: int
    what: str
    message: int
    token: int
    taken: bool


def run(size: Size) -> Finding:
    """Let postmen and clocks share what is due while two postmen are stopped for longer than their leases."""
    due, lease = (200, SHORT_LEASE) if size is Size.SHORT else (1000, LEASE)
    with open_stage("postgresql", broker=True) as stage:
        journal = stage.folder / "journal.txt"
        journal.touch()
        stage.open_due(due)
        settings = {"JOURNAL": str(journal), "LEASE_SECONDS": str(lease.total_seconds()), "BATCH": str(BATCH)}
        sleepers = start_crew(stage, POSTMEN, len(STOPS), STOPS=json.dumps(STOPS), **settings)
        until(lambda: len(stops(journal)) == len(STOPS), "the leaseholders to stop", 30)
        others = start_crew(stage, POSTMEN, POSTMEN_NUMBER - len(STOPS), **settings)
        _start_the_rest(stage)
        # What they hold is sent by others once their leases have run out: that is how long they sleep.
        stage.drain(lease.total_seconds() + 120)
        _wake(sleepers, journal)
        stage.drain(60)
        go_home(sleepers, others)
        return _finding(stage, journal, due, lease)


def _start_the_rest(stage: Stage) -> None:
    names = ["one", "two", "three"]
    clocks = [stage.region.start("clock", "--every", "1") for _ in names[:CLOCKS]]
    worker = stage.region.start("worker", "--concurrency", "1")
    for clock in clocks:
        clock.has_said("clock: ticking", 120)
    worker.has_said("worker: ", 120)


def _wake(crew: Crew, journal: Path) -> None:
    slept = {line.pid for line in stops(journal)}
    for member, pid in crew.pids().items():
        if pid in slept:
            crew.signal(member, signal.SIGCONT)
    until(lambda: slept <= {line.pid for line in shown(journal) if not line.taken}, "stale tokens to be shown", 60)


def _finding(stage: Stage, journal: Path, due: int, lease: timedelta) -> Finding:
    told = stage.account()
    stale = _stale(stage, journal)
    taken = [line for line in stale if line.taken]
    checks = [
        Check(f"{due} due, {due} distinct sends", str(told.distinct), told.distinct == told.expected == due),
        Check("one ledger entry each", str(_entries(stage)), _entries(stage) == due),
        Check("stale tokens refused 100 %", f"{len(stale) - len(taken)} of {len(stale)}", bool(stale) and not taken),
        Check("no token given twice", str(_twice(journal)), _twice(journal) == 0),
        # One was stopped between the server's 250 and its own record: nobody could know that it had left.
        *told.checks(most_duplicates=1),
    ]
    load = (
        f"{CLOCKS} clocks, {POSTMEN_NUMBER} postmen and a worker, {due} due, {len(STOPS)} leaseholders stopped past"
        f" leases of {lease.total_seconds():.0f} s, on PostgreSQL (on SQLite one process does it all)"
    )
    return Finding(load, checks, TABLE + told.row("all"))


def stops(journal: Path) -> list[Line]:
    """Return where postmen have stopped themselves."""
    return [line for line in _lines(journal) if line.what == "stops"]


def shown(journal: Path) -> list[Line]:
    """Return which tokens were shown to the database."""
    return [line for line in _lines(journal) if line.what in {"renewed", "recorded"}]


def _stale(stage: Stage, journal: Path) -> Sequence[Line]:
    """Return the tokens shown by those who slept that were no longer the newest of their message."""
    slept = {line.pid for line in stops(journal)}
    with stage.engine.database.read() as connection:
        newest = {row.id: row.lease for row in connection.execute(select(outbox.c.id, outbox.c.lease))}
    after = [line for pid in slept for line in _after_waking(journal, pid)]
    return [line for line in after if line.token < newest[line.message]]


def _after_waking(journal: Path, pid: int) -> Sequence[Line]:
    mine = [line for line in _lines(journal) if line.pid == pid]
    slept_at = next(number for number, line in enumerate(mine) if line.what == "stops")
    return [line for line in mine[slept_at:] if line.what in {"renewed", "recorded"}]


def _twice(journal: Path) -> int:
    given = Counter((line.message, line.token) for line in _lines(journal) if line.what == "leased")
    return sum(number - 1 for number in given.values())


def _entries(stage: Stage) -> int:
    with stage.engine.database.read() as connection:
        return len(connection.execute(select(ledger.c.deadline_id).where(ledger.c.outcome == "sent")).all())


def _lines(journal: Path) -> list[Line]:
    words = [line.split() for line in journal.read_text(encoding="utf-8").splitlines()]
    return [Line(int(one[1]), one[2], int(one[3]), int(one[4]), one[5:] == ["yes"]) for one in words if len(one) > 4]


TRIAL = Trial("T5", "Postmen that sleep past their lease, among many clocks and workers", run)
