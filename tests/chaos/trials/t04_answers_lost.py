"""T4: any commit and any send may succeed without its caller hearing of it; whoever tries again doubles nothing."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from structlog.testing import capture_logs

from engine.delivering import deliver
from engine.firing import fire
from engine.parts import Engine
from engine.replaying import replay_all
from engine.sweeping import sweep
from storage import outbox, tables
from tests.chaos.lost_answers import ForgetfulDatabase, ForgetfulMail, Line, insist
from tests.chaos.stage import Kind, Stage, open_stage
from tests.chaos.total_queue import TABLE, Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.house import moment
from workflows.case import Event

KINDS: tuple[Kind, ...] = ("postgresql", "sqlite")
SHARES = (0.01, 0.1)
FOLLOW_UPS = 5
DECIDED, REMINDED, MET, END = "2024-01-31", "2024-02-15", "2024-02-16", "2025-08-29"
LATE = (date(2025, 7, 25), date(2025, 8, 29))  # the sixth follow-up comes near and passes: a reminder, two escalations
BATCH = 10


@dataclass(frozen=True)
class Seen:
    """What a run showed. `calls` and `lost` are of commits and sends."""

    name: str
    calls: int
    lost: int
    lost_sends: int
    doubled: int
    missing: int
    diverging: int
    told: Account

    def row(self) -> str:
        """Return it as a line of the table."""
        return f"{self.told.row(self.name)} {self.calls} | {self.lost} | {self.doubled} |"


def run(size: Size) -> Finding:
    """Lose a share of the answers while cases live and messages leave, on both databases."""
    cases = 6 if size is Size.SHORT else 135
    shares = SHARES[-1:] if size is Size.SHORT else SHARES
    seen = [_lossy(kind, share, cases) for kind in KINDS for share in shares]
    calls, lost = sum(one.calls for one in seen), sum(one.lost for one in seen)
    named = " and ".join(f"{share:.0%}" for share in shares)
    load = f"{calls} commits and sends on PostgreSQL and SQLite, {named} of whose answers were lost ({lost})"
    return Finding(load, _checks(seen, 10_000 if size is Size.WHOLE else 300), _table(seen))


def _lossy(kind: Kind, share: float, cases: int) -> Seen:
    with open_stage(kind, durable=kind == "postgresql") as stage, capture_logs():  # thousands of leases run out
        chance = random.Random(f"{kind} {share}")  # the same losses every time
        commits, sends = Line(share, chance), Line(share, chance)
        assert stage.engine.email is not None
        database = ForgetfulDatabase(stage.house.engine.database.url.render_as_string(hide_password=False), commits)
        mail = ForgetfulMail(stage.engine.email, sends)
        engine = replace(stage.engine, database=database, email=mail, real_time=False, hold_backlog=0)
        refs = stage.house.open_many(cases, DECIDED)
        _live(engine, stage, refs)
        database.close()
        doubled, missing = _miscounted(stage, refs)
        replayed = replay_all(stage.engine, moment(END))
        return Seen(
            f"{kind}, {share:.0%}",
            commits.calls + sends.calls,
            commits.lost + sends.lost,
            sends.lost,
            doubled,
            missing,
            len(replayed.divergences),
            stage.account(moment(END)),
        )


def _live(engine: Engine, stage: Stage, refs: Sequence[str]) -> None:
    """Let a reminder leave, meet and follow up every case, and let its last follow-up be late."""
    _pass(engine, moment(REMINDED))
    for ref in refs:
        _follow(engine, stage, ref)
    day = LATE[0]
    while day <= LATE[1]:
        _pass(engine, moment(day.isoformat()))
        day += timedelta(days=1)


def _follow(engine: Engine, stage: Stage, ref: str) -> None:
    """Record a case's meetings, one by one, each meant for the case as it was seen."""
    now, actor = moment(MET), stage.house.actor("coordinator")
    first = Event("hold_meeting", {"held_on": now.date(), "met_on": now.date()})
    later = Event("hold_follow_up", {"held_on": now.date()})
    for seq, meeting in enumerate([first, *[later] * FOLLOW_UPS], start=1):
        insist(lambda: fire(engine, ref, meeting, actor, now, expected_seq=seq))  # noqa: B023


def _pass(engine: Engine, now: datetime) -> None:
    """Let time act: what a lost answer leaves behind comes free when its lease has run out."""
    insist(lambda: sweep(engine, now, limit=BATCH))
    for minutes in range(60):
        insist(lambda: deliver(engine, now + timedelta(minutes=minutes), limit=BATCH))  # noqa: B023
        if not _is_on_its_way(engine, now + timedelta(hours=1)):
            return


def _is_on_its_way(engine: Engine, until: datetime) -> bool:
    waiting = (tables.outbox.c.state == outbox.SENDING) | (
        (tables.outbox.c.state == outbox.QUEUED) & (tables.outbox.c.not_before <= until)
    )
    with engine.database.read() as connection:
        return connection.execute(select(tables.outbox.c.id).where(waiting).limit(1)).first() is not None


def _miscounted(stage: Stage, refs: Sequence[str]) -> tuple[int, int]:
    """Return how many transitions happened more often than they were asked for, and how many less."""
    case_ref = select(tables.case.c.ref, tables.history.c.event).join(
        tables.case, tables.case.c.id == tables.history.c.case_id
    )
    with stage.engine.database.read() as connection:
        happened = Counter(tuple(row) for row in connection.execute(case_ref))
    once = {"case.open": 1, "hold_meeting": 1, "hold_follow_up": FOLLOW_UPS}
    asked = Counter({(ref, event): number for ref in refs for event, number in once.items()})
    return (happened - asked).total(), (asked - happened).total()


def _checks(seen: Sequence[Seen], calls: int) -> list[Check]:
    copies, most = sum(one.told.duplicated for one in seen), sum(one.lost_sends for one in seen)
    nought = {
        "duplicate transitions 0": sum(one.doubled for one in seen),
        "lost transitions 0": sum(one.missing for one in seen),
        "cases that their history does not lead to 0": sum(one.diverging for one in seen),
        "messages lost 0": sum(one.told.lost for one in seen),
        "messages unexpected 0": sum(one.told.unexpected for one in seen),
        "messages left waiting 0": sum(one.told.waiting for one in seen),
        "copies without the mark 0": sum(one.told.unmarked for one in seen),
        "rungs unaccounted for 0": sum(one.told.unaccounted for one in seen),
    }
    made = sum(one.calls for one in seen)
    return [
        Check(f"≥ {calls} commits and sends, of each kind some lost", str(made), made >= calls and most > 0),
        *(Check(promise, str(number), number == 0) for promise, number in nought.items()),
        Check("copies ≤ sends whose answer was lost", f"{copies} of {most}", copies <= most),
    ]


def _table(seen: Sequence[Seen]) -> str:
    head, rule, _ = TABLE.split("\n")
    lines = [f"{head} commits and sends | answers lost | duplicate transitions |", f"{rule}---|---|---|"]
    return "\n".join([*lines, *(one.row() for one in seen)])


TRIAL = Trial("T4", "Commits and sends whose answer is lost", run)
