"""The processes of a scaled-out run: web, worker and clock, each as many as wanted, over PostgreSQL and Redis.

Each checks before it starts that it can serve: the schema is this program's, and every definition that a case is pinned
to can be compiled. What they say to each other over Redis only wakes; the database is the truth.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from celery import signals

from bevaka.deadman import Deadman
from bevaka.start_errors import BrokerMissingError, UnknownQueueError
from bevaka.wiring import build_engine
from config.settings import Settings
from engine.parts import Engine, stay_asleep
from engine.readiness import require_servable
from notifications.channels.clock import utc_now
from storage.schema import require_newest
from storage.shared_clock import SharedClock
from tasks.app import DELIVER, QUEUES, SWEEP, app, use_redis
from tasks.embedded import TALKATIVE
from tasks.nudging import Nudger
from tasks.provided import provide
from tasks.schedule import Clockwork


def serve_web(settings: Settings, host: str, port: int) -> None:
    """Serve the web workplace until told to stop.

    Raises:
        BrokerMissingError, SchemaError, DefinitionMissingError, DefinitionErrors: it could not serve.
        PortTakenError: another program listens on the port.
    """
    from bevaka.serving import serve  # noqa: PLC0415 - workers and clocks need not load it

    use_broker(settings)
    # What a person does may make a rung due at once: it is swept, and then it leaves, without waiting for a tick.
    nudger = Nudger(SWEEP, DELIVER)
    with _engine(settings, nudger.nudge) as engine:
        nudger.start()
        serve(settings, engine, host, port)
        nudger.stop()


def run_worker(settings: Settings, queues: str, concurrency: int, name: str, alive: Path | None = None) -> None:
    """Take tasks from `queues` (by commas; empty: all) until told to stop.

    A warm stop (SIGTERM) lets tasks under way end; a kill loses nothing, because work is found in the database.

    Args:
        settings: what the operator decided.
        queues: names of queues, by commas.
        concurrency: how many processes work at a time.
        name: what Flower shows before the host's name.
        alive: a file touched every few seconds while the worker hears its broker.

    Raises:
        UnknownQueueError: no such queue; else as `serve_web`.
    """
    wanted = queues or all_queues()
    _require_known(wanted)
    use_broker(settings)
    with _engine(settings, stay_asleep):
        pass  # refused here, once, rather than by every child
    _listen_to_celery(settings, wanted, alive)
    options = ["-Q", wanted, "-c", str(concurrency), "-n", f"{name}@%h", "--loglevel", settings.log_level]
    app.worker_main(["--quiet", "worker", *options, "--without-gossip", "--without-mingle", "-E"])


def run_clock(settings: Settings, every: int, alive: Path | None = None) -> None:
    """Tick until told to stop; any number of clocks may run. Raises as `serve_web`.

    Args:
        settings: what the operator decided.
        every: seconds between ticks.
        alive: a file touched whenever the clock has been able to look at the ticks.
    """
    use_broker(settings)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with _engine(settings, stay_asleep) as engine:
        clockwork = Clockwork(engine, SharedClock(engine.database, utc_now), every=every, alive=_toucher(alive))
        clockwork.start()
        print("clock: ticking", flush=True)
        stopped.wait()
        clockwork.stop()


def all_queues() -> str:
    """Return the names of all queues, by commas."""
    return ",".join(sorted(set(QUEUES.values())))


def use_broker(settings: Settings) -> None:
    """Speak to the other processes through the broker; raises `BrokerMissingError`."""
    if not settings.redis_url:
        raise BrokerMissingError
    use_redis(settings.redis_url)


def _require_known(queues: str) -> None:
    known = set(QUEUES.values())
    if not set(queues.split(",")) <= known:
        raise UnknownQueueError(tuple(sorted(known)))


@contextmanager
def _engine(settings: Settings, nudge: Callable[[], None]) -> Iterator[Engine]:
    engine = build_engine(settings, nudge=nudge)
    with closing(engine.database):
        require_newest(engine.database)
        require_servable(engine, utc_now())
        yield engine


def _listen_to_celery(settings: Settings, queues: str, alive: Path | None) -> None:
    """Keep Celery to our log, give its children their engines, and say when the worker is ready."""
    touch = _toucher(alive)
    signals.setup_logging.connect(lambda **_: None, weak=False)  # ours is set up, and lets nothing personal through
    signals.worker_process_init.connect(lambda **_: _provide(settings), weak=False)
    signals.worker_ready.connect(lambda **_: print(f"worker: {queues}", flush=True), weak=False)
    signals.heartbeat_sent.connect(lambda **_: touch(), weak=False)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _provide(settings: Settings) -> None:
    """Give a worker's child its own engine, since connections do not survive a fork; what it sweeps leaves at once."""
    nudger = Nudger(DELIVER)
    engine = build_engine(settings, nudge=nudger.nudge)
    nudger.start()
    deadman = Deadman(engine, settings.deadman_url, settings.deadman_cafile)
    provide(engine, SharedClock(engine.database, utc_now), deadman.ping)


def _toucher(file: Path | None) -> Callable[[], None]:
    return (lambda: None) if file is None else file.touch
