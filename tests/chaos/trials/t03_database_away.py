"""T3: the database goes away at any moment while many write: PostgreSQL stopped or killed, SQLite's writers killed."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Never

from sqlalchemy import func, select

from engine.replaying import replay_all
from storage import tables
from tests.chaos.crews import POSTMEN, Crew, go_home, start_crew
from tests.chaos.stage import Kind, Stage, open_stage
from tests.chaos.total_queue import TABLE, Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.embedded import until
from tests.programs.writers import Plan, story

POSTMEN_NUMBER = 2
WRITE = "tests.programs.writers:write_all"
BOOKED_TO = 2  # an invitation goes to the coordinator and to the handler, and so does its cancellation


@dataclass(frozen=True, slots=True)
class Load:
    """How many cases and writers, how often the database goes away, and how long leases are (None: as they are)."""

    cases: int
    writers: int
    rest: float  # seconds between two transitions of a writer
    outages: int  # at most; they end with the writers
    wait: tuple[float, float]  # seconds from one to the next, at least and at most
    lease: float | None = None


SHORT = Load(120, 4, 0.0, 4, (0.1, 0.4), lease=4.0)
WHOLE: Mapping[Kind, Load] = {
    # Every 5 to 40 seconds is DBOS's cadence. SQLite's writers die more often, since nothing has to start again.
    "postgresql": Load(6000, 8, 0.1, 100, (5.0, 40.0)),
    "sqlite": Load(1000, 4, 0.0, 100, (0.2, 1.5)),
}


def run(size: Size) -> Finding:
    """Let people write and postmen carry while the database goes away, on both databases."""
    seen = {kind: _storm(kind, SHORT if size is Size.SHORT else WHOLE[kind]) for kind in WHOLE}
    named = [(kind, check) for kind, told in seen.items() for check in told.checks]
    checks = [Check(f"{kind}: {check.promise}", check.seen, check.kept) for kind, check in named]
    load = "; ".join(f"{kind}: {told.load}" for kind, told in seen.items())
    return Finding(load, checks, TABLE + "\n".join(told.account.row(kind) for kind, told in seen.items()))


@dataclass(frozen=True, slots=True)
class Told:
    """What one database showed."""

    load: str
    checks: Sequence[Check]
    account: Account


def _storm(kind: Kind, load: Load) -> Told:
    with open_stage(kind, durable=True) as stage:
        said = stage.folder / "said.txt"
        plan, file = _plan(stage, load), stage.folder / "plan.json"
        plan.write(file)
        settings = {"PLAN": str(file), "SAID": str(said), "REST_SECONDS": str(load.rest)}
        writers = start_crew(stage, WRITE, load.writers, **settings)
        postmen = start_crew(stage, POSTMEN, POSTMEN_NUMBER, **_lease(load))
        until(said.exists, "the first transition", 60)
        begun = time.monotonic()
        outages = _go_away(stage, writers, load)
        until(lambda: writers.process.popen.poll() is not None, "every story to end", 1800)
        assert not any(status > 0 for status in writers.ended()), writers.process.text[-2000:]
        took = time.monotonic() - begun
        stage.drain(300)
        go_home(postmen)
        return _told(stage, plan, said, outages, took)


def _plan(stage: Stage, load: Load) -> Plan:
    refs = stage.open_due(load.cases)
    with stage.engine.database.read() as connection:
        rows = connection.execute(select(tables.case.c.ref, tables.case.c.seq)).all()
    first = {row.ref: row.seq for row in rows}
    cases = [(ref, first[ref]) for ref in refs]
    return Plan(cases, stage.house.staff["coordinator"], stage.house.units["north"], load.writers)


def _lease(load: Load) -> dict[str, str]:
    return {"LEASE_SECONDS": str(load.lease)} if load.lease else {}


def _go_away(stage: Stage, writers: Crew, load: Load) -> Counter[str]:
    """Take the database away until the writers have ended or it has been done often enough; return what was done."""
    chance, done, never = random.Random(20240131), Counter[str](), Never()
    ways = _ways(stage, writers, chance)
    while sum(done.values()) < load.outages and writers.process.popen.poll() is None:
        never.wait(chance.uniform(*load.wait))
        way = chance.choice(list(ways))
        if writers.process.popen.poll() is None:
            ways[way]()
            done[way] += 1
    return done


def _ways(stage: Stage, writers: Crew, chance: random.Random) -> Mapping[str, Callable[[], None]]:
    server = stage.server
    if server is None:
        return {"a writer killed": lambda: _kill_one(writers, chance)}

    def stopped() -> None:
        server.stop("immediate")
        server.restart()

    def killed() -> None:
        server.kill()
        server.restart()

    return {"stopped at once": stopped, "postmaster killed": killed}


def _kill_one(writers: Crew, chance: random.Random) -> None:
    living = writers.pids()
    if living:
        writers.signal(chance.choice(sorted(living)), signal.SIGKILL)


def _told(stage: Stage, plan: Plan, said: Path, outages: Counter[str], took: float) -> Told:
    number = sum(len(story(place)) for place in range(len(plan.cases)))
    acknowledged, unsure = _said(said)
    written = _written(stage)
    lost = [line for line in acknowledged if line not in written]
    replayed = replay_all(stage.engine, stage.region.now())
    account = stage.account()
    checks = [
        Check("the database was away", f"{sum(outages.values())} times", sum(outages.values()) > 0),
        Check("0 acknowledged lost", f"{len(lost)} of {len(acknowledged)}", not lost),
        Check("each transition happened once", _happened(plan, written), _happened(plan, written) == f"{number}"),
        Check("0 half applied: history length is seq", str(_uneven(stage)), _uneven(stage) == 0),
        Check(
            "0 half applied: chains verify, states and deadlines follow from the histories",
            f"{len(replayed.divergences)} of {replayed.cases}",
            not replayed.divergences and replayed.cases == len(plan.cases),
        ),
        Check("0 half applied: each meeting has its invitations", *_invited(stage, plan)),
        # A postman may have been between the mail server's 250 and his own record at each outage.
        *account.checks(most_duplicates=sum(outages.values()) * POSTMEN_NUMBER if stage.server else 0),
    ]
    named = ", ".join(f"{number} times {way}" for way, number in outages.items())
    load = f"{number} transitions by {plan.writers} writers in {took:.0f} s, {named}, {unsure} answers lost or refused"
    return Told(load, checks, account)


def _said(said: Path) -> tuple[list[tuple[str, int, str]], int]:
    """Return the transitions that were acknowledged, and how many answers were lost."""
    words = [line.split() for line in said.read_text(encoding="utf-8").splitlines()]
    happened = [(ref, int(seq), event) for what, ref, seq, event in words if what == "happened"]
    return happened, len(words) - len(happened)


def _written(stage: Stage) -> Counter[tuple[str, int, str]]:
    """Return the transitions that the histories have."""
    rows = select(tables.case.c.ref, tables.history.c.seq, tables.history.c.event).join(
        tables.history, tables.history.c.case_id == tables.case.c.id
    )
    with stage.engine.database.read() as connection:
        return Counter((row.ref, row.seq, row.event) for row in connection.execute(rows))


def _happened(plan: Plan, written: Counter[tuple[str, int, str]]) -> str:
    """Return how many of the planned transitions the histories have, and what else they have where there is more."""
    wanted = {
        (ref, first + step, event)
        for place, (ref, first) in enumerate(plan.cases)
        for step, event in enumerate(story(place), start=1)
    }
    more = written.total() - len(wanted) - len(plan.cases)  # each case was opened, too
    return str(len(wanted & written.keys())) + (f", and {more} more" if more else "")


def _uneven(stage: Stage) -> int:
    """Return how many cases have more or fewer events than their `seq` says."""
    with stage.engine.database.read() as connection:
        length: dict[int, int] = dict(
            connection.execute(select(tables.history.c.case_id, func.count()).group_by(tables.history.c.case_id)).all()
        )
        return sum(row.seq != length.get(row.id) for row in connection.execute(select(tables.case)))


def _invited(stage: Stage, plan: Plan) -> tuple[str, bool]:
    """Return how many invitations and cancellations there are, and whether each booked meeting has all of its own."""
    booked = sum("book_meeting" in story(place) for place in range(len(plan.cases)))
    kinds = select(tables.outbox.c.kind, func.count()).group_by(tables.outbox.c.kind)
    with stage.engine.database.read() as connection:
        found: dict[str, int] = dict(connection.execute(kinds).all())
    numbers = [found.get(kind, 0) for kind in ("invite", "cancel")]
    return f"{numbers[0]} and {numbers[1]} of {booked * BOOKED_TO}", numbers == [booked * BOOKED_TO] * 2


TRIAL = Trial("T3", "The database goes away at any moment", run)
