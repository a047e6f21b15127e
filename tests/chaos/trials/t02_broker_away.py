"""T2: the broker forgets everything, is restarted, evicts what it holds, or is away. It wakes, and keeps nothing."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx
import redis

from tests.chaos.stage import Stage, open_stage
from tests.chaos.total_queue import TABLE
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.embedded import until
from tests.house import ROLES
from tests.processes import Process
from tests.servers.valkey import ValkeyServer, free_port
from tests.workplace import entered, happen
from workflows.dates import local_date

PROMISED = 120.0  # seconds from the broker's return until the last has left
PATIENCE = 300.0
QUEUE = "bevaka:time"


@dataclass(frozen=True, slots=True)
class Load:
    """How much is due each time, and for how many seconds the broker is away when it is."""

    due: int
    away: float


LOADS: Mapping[Size, Load] = {Size.SHORT: Load(25, 2.0), Size.WHOLE: Load(500, 180.0)}


@dataclass
class Watch:
    """Asks the workplace for a page again and again; keeps the status and seconds of each answer."""

    client: httpx.Client
    answers: list[tuple[int, float]] = field(default_factory=list)

    @contextmanager
    def going(self) -> Iterator[None]:
        """Ask while the block lasts."""
        over = Event()
        thread = Thread(target=self._ask, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _ask(self, over: Event) -> None:
        while not over.wait(0.2):
            for page in ("/", "/readyz"):
                begun = time.monotonic()
                status = self.client.get(page).status_code
                self.answers.append((status, time.monotonic() - begun))


def run(size: Size) -> Finding:
    """Break the broker in each way while much falls due, and see that all of it leaves."""
    load = LOADS[size]
    with open_stage("postgresql", broker=True) as stage, _at_work(stage) as (client, worker):
        watch, took = Watch(client), dict[str, float]()
        for name, breaking in _ways(_broker(stage), load).items():
            with _held_calls(stage, worker) if name != "away" else _nothing():
                took[name] = _broken(stage, watch, breaking, load.due)
            took[name] = _until_all_left(stage, took[name])
        stage.drain(60)
        return _finding(stage, watch, took, load)


@contextmanager
def _at_work(stage: Stage) -> Iterator[tuple[httpx.Client, Process]]:
    """Start a worker, a clock and the web, and enter as the coordinator."""
    worker, clock = stage.region.start("worker", "--concurrency", "2"), stage.region.start("clock", "--every", "1")
    with entered(stage.region, free_port(), ROLES["coordinator"]) as client:
        worker.has_said("worker: ")
        clock.has_said("clock: ticking")
        yield client, worker


def _ways(broker: ValkeyServer, load: Load) -> Mapping[str, Callable[[Callable[[], None]], None]]:
    """Return the ways to break it; each is given what happens while it is broken."""

    def flushed(meanwhile: Callable[[], None]) -> None:
        meanwhile()
        broker.flushall()

    def restarted(meanwhile: Callable[[], None]) -> None:
        broker.kill()
        meanwhile()
        broker.start()

    def evicted(meanwhile: Callable[[], None]) -> None:
        with redis.Redis.from_url(broker.url) as client:
            client.config_set("maxmemory-policy", "allkeys-random")
            client.config_set("maxmemory", 1)  # whatever is written drives out everything else, and is refused
            meanwhile()
            until(lambda: client.info("stats")["evicted_keys"] > 0, "the broker to forget what it held", 30)
            client.config_set("maxmemory", 0)

    def away(meanwhile: Callable[[], None]) -> None:
        broker.stop()
        ends = time.monotonic() + load.away
        meanwhile()
        until(lambda: time.monotonic() >= ends, "the time to come back", load.away + 1)
        broker.start()

    return {"flushed": flushed, "restarted": restarted, "evicting": evicted, "away": away}


@contextmanager
def _held_calls(stage: Stage, worker: Process) -> Iterator[None]:
    """Stop the worker, so that wake-up calls lie in the broker when it is broken; let it go on afterwards."""
    os.killpg(worker.popen.pid, signal.SIGSTOP)
    with redis.Redis.from_url(_broker(stage).url) as client:
        until(lambda: client.llen(QUEUE) > 0, "a call to wait in the broker", 30)
    try:
        yield
    finally:
        os.killpg(worker.popen.pid, signal.SIGCONT)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _broken(stage: Stage, watch: Watch, breaking: Callable[[Callable[[], None]], None], due: int) -> float:
    """Break the broker while cases fall due and a person works; return when it was back."""

    def meanwhile() -> None:
        stage.open_due(due)
        _work(stage, watch.client)

    with watch.going():
        breaking(meanwhile)
    return time.monotonic()


def _work(stage: Stage, client: httpx.Client) -> None:
    """Let a person record a consent: the workplace goes on."""
    today = local_date(stage.region.now())
    ref = stage.house.open_case(today.isoformat(), now=stage.region.now(), until=f"{today.year + 2}-12-31")
    happen(client, ref, "record_consent")


def _until_all_left(stage: Stage, back: float) -> float:
    """Return the seconds from the broker's return until everything that was due has left."""
    stage.drain(PATIENCE)
    return time.monotonic() - back


def _finding(stage: Stage, watch: Watch, took: Mapping[str, float], load: Load) -> Finding:
    told, due = stage.account(), load.due * len(took)
    failed = [status for status, _ in watch.answers if status >= 400]
    slowest = max(seconds for _, seconds in watch.answers)
    checks = [
        Check(f"{due} due, {due} sent", str(told.distinct), told.distinct == told.expected == due),
        *(
            Check(f"{name}: all sent within {PROMISED:.0f} s", f"{seconds:.1f} s", seconds <= PROMISED)
            for name, seconds in took.items()
        ),
        Check(
            "the web answers meanwhile",
            f"{len(watch.answers) - len(failed)} of {len(watch.answers)}, the slowest after {slowest:.1f} s;"
            f" {len(took)} of {len(took)} transitions went through",
            bool(watch.answers) and not failed,
        ),
        *told.checks(),
    ]
    ways = "flushed, killed and started empty, made to evict, and away"
    return Finding(
        f"broker {ways} for {load.away:.0f} s, {load.due} due each time, on PostgreSQL (SQLite has no broker)",
        checks,
        TABLE + told.row("all"),
    )


def _broker(stage: Stage) -> ValkeyServer:
    if stage.broker is None:
        raise ValueError("this trial needs a stage with a broker")
    return stage.broker


TRIAL = Trial("T2", "The broker forgets, restarts, evicts or is away", run)
