"""The processes of a scaled-out run: web, worker and clock, each as many as wanted, over PostgreSQL and Redis.

Each checks before it starts that it can serve: the schema is this program's, and every definition that a case is pinned
to can be compiled. What they say to each other over Redis only wakes; the database is the truth.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from celery import signals

from bevaka.start_errors import BrokerMissingError
from bevaka.wiring import build_engine
from config.settings import Settings
from engine.parts import Engine, stay_asleep
from engine.readiness import require_servable
from notifications.channels.clock import utc_now
from storage.schema import require_newest
from tasks.app import QUEUES, app, use_redis
from tasks.nudging import Nudger
from tasks.provided import provide
from tasks.schedule import Clockwork


def serve_web(settings: Settings, host: str, port: int) -> None:
    """Serve the web workplace until told to stop.

    Raises:
        BrokerMissingError, SchemaError, DefinitionMissingError, DefinitionErrors: it could not serve.
    """
    import uvicorn  # noqa: PLC0415 - a third of a second that refusals need not wait for

    from bevaka.running import web_secret  # noqa: PLC0415
    from web.app import create_app  # noqa: PLC0415

    _use_broker(settings)
    nudger = Nudger()
    with _engine(settings, nudger.nudge) as engine:
        nudger.start()
        web = create_app(engine, utc_now, None, web_secret(settings))
        print(f"web: {settings.public_url} (code: {web.state.place.access.code})", flush=True)
        uvicorn.Server(
            uvicorn.Config(web, host=host, port=port, log_config=None, access_log=False, server_header=False)
        ).run()
        nudger.stop()


def run_worker(settings: Settings, queues: str, concurrency: int, name: str) -> None:
    """Take tasks from `queues` (by commas) until told to stop; raises as `serve_web`.

    A warm stop (SIGTERM) lets tasks under way end; a kill loses nothing, because work is found in the database.
    """
    _use_broker(settings)
    with _engine(settings, stay_asleep):
        pass  # refused here, once, rather than by every child
    signals.worker_process_init.connect(lambda **_: _provide(settings), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: None, weak=False)
    hostname = f"{name}@%h"
    arguments = ["worker", "-Q", queues, "-c", str(concurrency), "-n", hostname, "--loglevel", settings.log_level]
    app.worker_main([*arguments, "--without-gossip", "--without-mingle", "-E"])


def run_clock(settings: Settings, every: int) -> None:
    """Tick until told to stop; any number of clocks may run. Raises as `serve_web`."""
    _use_broker(settings)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with _engine(settings, stay_asleep) as engine:
        clockwork = Clockwork(engine, utc_now, every=every)
        clockwork.start()
        print("clock: ticking", flush=True)
        stopped.wait()
        clockwork.stop()


def all_queues() -> str:
    """Return the names of all queues, by commas."""
    return ",".join(sorted(set(QUEUES.values())))


def _use_broker(settings: Settings) -> None:
    if not settings.redis_url:
        raise BrokerMissingError
    use_redis(settings.redis_url)


@contextmanager
def _engine(settings: Settings, nudge: Any) -> Iterator[Engine]:
    engine = build_engine(settings, nudge=nudge)
    with closing(engine.database):
        require_newest(engine.database)
        require_servable(engine, utc_now())
        yield engine


def _provide(settings: Settings) -> None:
    """Give a worker's child its own engine: connections do not survive a fork."""
    provide(build_engine(settings), utc_now)
