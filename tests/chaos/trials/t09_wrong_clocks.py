"""T9: computers whose clocks are wrong, jump, or disagree; and a silence of more than a day."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select, update

from access.actors import OPERATOR
from engine.holding import held_messages, release_held
from storage.tables import case, deadline, ledger
from tests.chaos.crews import POSTMEN, go_home, start_crew
from tests.chaos.faketime import MISSING, Computer, FaketimeMissing, library, must_be_there
from tests.chaos.stage import SOON, Stage, open_stage
from tests.chaos.total_queue import TABLE, Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.embedded import until
from tests.processes import Process, next_working_morning
from workflows.dates import local_date

BEVAKA = (sys.executable, "-m", "bevaka")  # itself: no clock of it is replaced
APART = timedelta(minutes=5)
MINUTES, HOUR, DAY, AGES = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=400)
NOT_YET = timedelta(days=25)  # until a meeting of which nobody is to be reminded for days
KEEP = 25  # the most that leaves by itself after a long silence (BEVAKA_HOLD_BACKLOG)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is due each time, how far clocks jump, and in how many seconds more is due."""

    due: int
    jumps: Sequence[timedelta]
    soon: float
    backlog: int


LOADS: Mapping[Size, Load] = {
    Size.SHORT: Load(6, [-HOUR, AGES], 3.0, KEEP + 1),
    Size.WHOLE: Load(60, [MINUTES, -MINUTES, HOUR, -HOUR, DAY, -DAY, AGES, timedelta()], 25.0, 200),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen on one database."""

    checks: Sequence[Check]
    account: Account


def run(size: Size) -> Finding:
    """Set the clocks of all processes wrong, then that of the database, and see when messages leave."""
    try:
        library()
    except FaketimeMissing:
        return Finding(f"left out: {MISSING}", [Check("libfaketime", "not there", not must_be_there())])
    load = LOADS[size]
    seen = {"postgresql": _on_postgresql(load), "sqlite": _on_sqlite(load)}
    named = [(kind, check) for kind, told in seen.items() for check in told.checks]
    jumps = ", ".join(_words(jump) for jump in load.jumps)
    return Finding(
        f"clocks of all processes wrong by {jumps}, two workers {_words(2 * APART)} apart; {load.due} due at once and"
        f" {load.due} soon each time; {load.backlog} after a silence of more than a day; PostgreSQL, and SQLite's one"
        " process",
        [Check(f"{kind}: {check.promise}", check.seen, check.kept) for kind, check in named],
        TABLE + "\n".join(told.account.row(kind) for kind, told in seen.items()),
    )


def _words(time: timedelta) -> str:
    seconds = time.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= length:
            return f"{seconds / length:+.0f} {unit}"
    return f"{seconds:+.0f} s"


@contextmanager
def _computers(*names: str) -> Iterator[list[Computer]]:
    with TemporaryDirectory(prefix="clocks-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else
        yield [Computer(Path(folder) / name).set(timedelta()) for name in names]


def _on_postgresql(load: Load) -> Told:
    with (
        _computers("database", "one", "two", "three") as (database, *others),
        open_stage("postgresql", broker=True, computer=database) as stage,
    ):
        database.set(stage.region.shift)
        _set(stage, others, timedelta())
        _start(stage, others)
        stage.open_due(load.due, NOT_YET)
        moments: dict[str, datetime] = {}
        for jump in load.jumps:
            _set(stage, others, jump)
            if abs(jump) >= DAY:
                # No certificate is valid at such a time, so nothing can leave: nothing may be decided either.
                _tick(stage)
                _set(stage, others, timedelta())
            moments |= _let_leave(stage, load)
        early, entries = _early(stage, moments), _entries(stage)
        _set(stage, others, timedelta())
        held = _after_silence(stage, load, [database, *others])
        expected = 2 * load.due * len(load.jumps)
        checks = [
            Check("0 early", f"{len(early)} of {len(moments)}", not early),
            Check("nothing decided before its day", f"{entries} of {expected} entries", entries == expected),
            *held,
        ]
        return _told(stage, checks, expected, load)


def _start(stage: Stage, computers: Sequence[Computer]) -> None:
    one, two, three = computers
    started: list[tuple[Process, str]] = [
        (_bevaka(stage, one, "worker", "--concurrency", "1", "--name", "one"), "worker: "),
        (_bevaka(stage, two, "worker", "--concurrency", "1", "--name", "two"), "worker: "),
        (_bevaka(stage, three, "clock", "--every", "1"), "clock: ticking"),
    ]
    for process, words in started:
        process.has_said(words, 120)


def _bevaka(stage: Stage, computer: Computer, *arguments: str) -> Process:
    return stage.region.start(*arguments, program=BEVAKA, **computer.settings)


def _set(stage: Stage, computers: Sequence[Computer], jump: timedelta) -> None:
    """Set the clocks of the processes wrong: one worker's five minutes more, the other's five minutes less."""
    for computer, more in zip(computers, (APART, -APART, timedelta()), strict=True):
        computer.set(stage.region.shift + jump + more)


def _tick(stage: Stage) -> None:
    """Wait until workers have been woken a few times."""
    before = stage.house.count("tick")
    until(lambda: stage.house.count("tick") >= before + 3, "some ticks", 60)


def _let_leave(stage: Stage, load: Load) -> dict[str, datetime]:
    """Let messages be due at once and others soon, and wait until all have left; return when the others are due."""
    stage.open_due(load.due)
    stage.drain(120)
    moment = stage.region.now() + timedelta(seconds=load.soon)
    due = dict.fromkeys(_open_for(stage, load.due, moment), moment)
    left = stage.arrived + load.due
    stage.arrive(left, load.soon + 120)
    stage.drain(60)
    return due


def _open_for(stage: Stage, number: int, moment: datetime) -> list[str]:
    """Open cases of which each has one reminder due at a moment that comes; return their references."""
    refs = stage.open_due(number, NOT_YET)
    mine = deadline.c.case_id.in_(select(case.c.id).where(case.c.ref.in_(refs)))
    due_on = local_date(stage.region.now() + SOON)
    with stage.house.engine.database.write() as connection:
        connection.execute(update(deadline).where(mine).values(due_on=due_on, next_at=moment))
    return refs


def _early(stage: Stage, moments: Mapping[str, datetime]) -> list[str]:
    """Return the cases whose mail came before its moment, by a clock that is right."""
    got = {ref: mail.received_at for mail in stage.around.mailbox.list(limit=100_000, kind="mail") for ref in mail.refs}
    return [ref for ref, moment in moments.items() if got[ref] + stage.region.shift < moment]


def _entries(stage: Stage) -> int:
    with stage.engine.database.read() as connection:
        meetings = select(func.count()).select_from(ledger).join(deadline).join(case)
        number: int = connection.execute(meetings).scalar_one()
        return number


def _after_silence(stage: Stage, load: Load, computers: Sequence[Computer]) -> list[Check]:
    """Let more than a day pass while much comes due; see that it waits for a human, and leaves once he says so."""
    before, region = stage.arrived, stage.region
    silence = _next_morning_but_one(region.now())
    _open_for(stage, load.backlog, region.now() + silence / 2)
    region.shift += silence
    for computer in computers:
        computer.set(region.shift)
    until(lambda: _held(stage) == load.backlog, "the backlog to be held", 120)
    seen = stage.arrived - before
    alarm = Check(
        "more than a day of backlog held for a human",
        f"{_held(stage)} of {load.backlog} held after {silence.total_seconds() / 3600:.0f} h, {seen} left (the alarm)",
        _held(stage) == load.backlog and seen <= 1,
    )
    release_held(stage.engine, OPERATOR)
    stage.drain(120)
    return [alarm, Check("released, all leave", *_left(stage, before, load.backlog))]


def _left(stage: Stage, before: int, backlog: int) -> tuple[str, bool]:
    left = stage.arrived - before
    return f"{left} of {backlog} and an alarm", left == backlog + 1


def _next_morning_but_one(now: datetime) -> timedelta:
    """Return how long it is until the first working morning more than a day away."""
    return DAY + next_working_morning(now + DAY)


def _held(stage: Stage) -> int:
    return sum(group.number for group in held_messages(stage.engine, OPERATOR))


def _on_sqlite(load: Load) -> Told:
    with _computers("only") as (computer,), open_stage("sqlite") as stage:
        computer.set(stage.region.shift)
        crew = start_crew(stage, POSTMEN, 1, SHIFT_SECONDS="0", **computer.settings)
        moments: dict[str, datetime] = {}
        behind = [jump for jump in load.jumps if jump < timedelta()]
        for jump in behind:
            # Its own clock is the only one there is: what is due waits while it is behind, and leaves once it is right.
            computer.set(stage.region.shift + jump)
            moment = stage.region.now()
            moments |= dict.fromkeys(_open_for(stage, load.due, moment), moment)
            computer.set(stage.region.shift)
            stage.drain(120)
        early = _early(stage, moments)
        held = _after_silence(stage, load, [computer])
        go_home(crew)
        expected = load.due * len(behind)
        checks = [Check("0 early", f"{len(early)} of {expected}", not early), *held]
        return _told(stage, checks, expected, load)


def _told(stage: Stage, checks: Sequence[Check], expected: int, load: Load) -> Told:
    account = stage.account()
    number = expected + load.backlog + 1  # the alarm about what is held
    all_left = Check("each left once", f"{account.distinct} of {number}", account.distinct == number)
    return Told([*checks, all_left, *account.checks()], account)


TRIAL = Trial("T9", "Computers whose clocks are wrong", run)
