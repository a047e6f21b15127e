"""W4: from due to accepted by the mail server, through the real processes of a scaled-out run.

How long a single reminder takes on an idle system; and how fast 10,000 that are due at once leave, against the bare
loop of `smtplib` that sends the same number of ready-made mails over one connection for each worker.
"""

import random
import smtplib
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from benchmarks.caseload import ACTOR, build_engine, ref_of
from benchmarks.clients import Clients
from benchmarks.rates import Side, interleaved
from benchmarks.results import Goal, Result, Row, rate_at_least
from benchmarks.run import Run
from benchmarks.scaled_out import Scene, scaled_out
from benchmarks.smtp_sink import settings_of
from engine.firing import fire
from notifications.channels.email.envelope import build_email
from notifications.messages import Kind, Notice, Reason, Text
from notifications.recipients import Mailbox
from tasks.app import DELIVER, SWEEP, use_redis
from tasks.nudging import Nudger
from workflows.case import Event

IDLE_CASES, SINGLES, EVENTS = 200_000, 100, 50
DUE = 10_000
WORKERS = (1, 2, 4)
FAR_OFF = timedelta(days=365)
LATENCY_LIMIT, RATE_LIMIT = 1500, 0.7
BARE, BEVAKA = "bare SMTP loop", "Bevaka"
TWO_CORES = (
    "PostgreSQL, the mail server and all workers share this machine's cores, and the bare loop has no database to share"
    " them with: the ratio says more than the rate. The server takes commands together (PIPELINING), which smtplib's"
    " loop does not use."
)


def results(run: Run) -> Iterator[Result]:
    """Run W4."""
    with scaled_out(run.server) as scene:
        yield _latency(run, scene)
    for real in (False, True):
        for workers in WORKERS[:1] if run.quick else WORKERS:
            with scaled_out(run.server, real=real) as scene:
                yield _throughput(run, scene, workers, real=real)


def _latency(run: Run, scene: Scene) -> Result:
    scene.fill(2_000 if run.quick else IDLE_CASES, due=SINGLES, due_at=scene.now() + FAR_OFF)
    scene.workers(2)
    scene.region.clock(every=5)
    share = 10 if run.quick else 1
    rows = (
        _milliseconds("its moment comes", _singles(scene, SINGLES // share)),
        _milliseconds("a person's event", _events(scene, EVENTS // share)),
    )
    goals = tuple(Goal(f"{row.name}: p99 under 1.5 s", LATENCY_LIMIT, row.high) for row in rows)
    remarks = ("The highest of so few is their 99th percentile.", "Clocks tick every 5 s; two workers are idle.")
    return Result("w4", "W4, one reminder on an idle system, from due to accepted", "ms", rows, 1, None, goals, remarks)


def _milliseconds(name: str, seconds: list[float]) -> Row:
    return Row.of(name, [second * 1000 for second in seconds], f"{len(seconds)} of them")


def _singles(scene: Scene, number: int) -> list[float]:
    """Let deadlines fall due one after the other, each known a while before; return what each took, in seconds."""
    return [_single(scene, case) for case in range(1, number + 1)]


def _single(scene: Scene, case: int) -> float:
    before = scene.sink.count()
    due = scene.now() + timedelta(seconds=random.uniform(1.1, 2.1))
    scene.execute("UPDATE deadline SET next_at = %(due)s WHERE id = %(case)s", due=due, case=case)
    scene.wait_for_mail(before + 1)
    return (scene.told_at(scene.sink.accepted()[-1][0]) - due).total_seconds()


def _events(scene: Scene, number: int) -> list[float]:
    """Let a person hold meetings, as the web workplace does it; return the seconds from commit to the invitation."""
    use_redis(scene.redis)
    nudger = Nudger(SWEEP, DELIVER)
    nudger.start()
    engine = build_engine(scene.url, nudge=nudger.nudge)
    took = []
    for case in range(1001, 1001 + number):
        before = scene.sink.count()
        now = scene.now()
        fire(engine, ref_of(case), _held(now), ACTOR, now)
        committed = time.time()
        scene.wait_for_mail(before + 1)
        took.append(scene.sink.accepted()[-1][0] - committed)
        time.sleep(random.uniform(0, 0.3))
    nudger.stop()
    engine.database.close()
    return took


def _held(now: datetime) -> Event:
    meeting = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=80)
    return Event("hold", {"held_on": now.date(), "meeting_at": meeting})


class Bare:
    """Sends ready-made mails by `smtplib` over one connection. Made with the mail server's port."""

    def __init__(self, port: str) -> None:
        self.port = int(port)
        self.mails: list[bytes] = []

    def create(self) -> None:
        """There are no tables."""

    def fill(self, first: int, number: int) -> None:
        """There are no cases."""

    def work(self, first: int, number: int) -> None:
        """Send; the first time the mails are rendered first, so let that time be a warm-up."""
        self.mails = self.mails or [_mail(case, self.port) for case in range(first, first + number)]
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            for mail in self.mails[:number]:
                smtp.sendmail("bevaka@bevaka.example", ["k@bevaka.example"], mail)

    def close(self) -> None:
        """Nothing is kept open."""


def _mail(case: int, port: int) -> bytes:
    notice = Notice(
        kind=Kind.REMINDER,
        case_ref=ref_of(case),
        step=Text("Första möte", "First meeting"),
        due_on=date(2024, 2, 29),
        rung=1,
        rungs=3,
        late=False,
        reason=Reason.BEFORE_DUE,
        link=f"https://bevaka.region.example/cases/{ref_of(case)}",
    )
    to = Mailbox("k@bevaka.example", "sv")
    return build_email(f"{case}:r1:coordinator:email", to, notice, settings_of(port), datetime.now(UTC))


def _throughput(run: Run, scene: Scene, workers: int, *, real: bool) -> Result:
    due = 1_000 if run.quick else DUE
    scene.fill(2 * due, due=due, due_at=scene.now() + FAR_OFF)
    scene.workers(workers)
    scene.region.clock(every=5)
    with Clients(BARE, "benchmarks.w4:Bare", str(scene.sink.port), workers) as bare:
        bare.work(1, due // workers)
        rows = interleaved(
            [
                Side(BARE, lambda _: None, lambda _: bare.work(1, due // workers)),
                Side(BEVAKA, lambda _: _forget(scene, due), lambda _: _leave(scene, due)),
            ],
            run.rounds,
        )
    server = "a mail server 1 ms away that keeps its mail" if real else "a mail server on loopback that keeps nothing"
    title = f"W4, {due:,} due at once, {workers} worker{'s' if workers > 1 else ''}, {server}"
    goals = (rate_at_least(rows, BEVAKA, BARE, RATE_LIMIT),)
    return Result("w4", title, "mails per second", rows, run.rounds, BARE, goals, (TWO_CORES,))


def _forget(scene: Scene, due: int) -> None:
    """Put everything back as if nothing had left."""
    scene.execute("TRUNCATE ledger, outbox CASCADE")
    later = scene.now() + FAR_OFF
    scene.execute(
        "UPDATE deadline SET next_rung = 0, accounted = 0, next_at = %(at)s WHERE id <= %(due)s", at=later, due=due
    )
    scene.execute("VACUUM ANALYZE deadline, outbox, ledger")


def _leave(scene: Scene, due: int) -> int:
    """Let so many fall due now, and wait until the mail server has them all."""
    before = scene.sink.count()
    scene.execute("UPDATE deadline SET next_at = %(at)s WHERE id <= %(due)s", at=scene.now(), due=due)
    scene.wait_for_mail(before + due, every=0.05)
    return due
