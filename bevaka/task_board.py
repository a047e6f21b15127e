"""Flower: which workers are there, who works on what. For whoever runs the system; tasks carry nothing personal."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from celery import Celery
from flower.app import Flower
from flower.command import extract_settings
from flower.options import options
from flower.urls import settings as flower_settings
from flower.views.monitor import Metrics
from tornado import ioloop, web

from bevaka.scaled_out import use_broker
from bevaka.start_errors import FlowerPasswordMissingError, PortTakenError
from config.settings import Settings
from tasks.app import app

USER = "bevaka"
KEPT_TASKS = 2000  # in memory; what tasks did is in the ledger
PORT = 5555
PATIENCE = 5.0


class GuardedMetrics(Metrics):  # type: ignore[misc]  # Flower has no types
    """Flower's figures, behind the same password as its pages; by itself it shows them to anybody.

    It also keeps calling a worker online that was killed and could not take its leave; its pages know better.
    """

    @web.authenticated
    async def get(self) -> None:
        """Give the figures to whoever has the password."""
        state = self.application.events.state
        for name, worker in list(state.workers.items()):
            state.metrics.worker_online.labels(name).set(worker.alive)
        await super().get()


def serve_board(settings: Settings, host: str, port: int, url_prefix: str, *, read_only: bool) -> None:
    """Show Flower on the workers of a scaled-out run, until told to stop.

    Args:
        settings: what the operator decided.
        host: the address to listen on.
        port: the port to listen on.
        url_prefix: the path under which a proxy shows it; empty: at the root.
        read_only: refuse everything that would change a worker.

    Raises:
        BrokerMissingError, FlowerPasswordMissingError, PortTakenError.
    """
    password = settings.secret("flower_password")
    if password is None:
        raise FlowerPasswordMissingError
    use_broker(settings)
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with board(app, host, port, password, url_prefix=url_prefix, read_only=read_only) as taken:
        print(f"flower: http://{host}:{taken}/{url_prefix.strip('/')}", flush=True)
        stopped.wait()


@contextmanager
def board(
    celery: "Celery[Any]", host: str, port: int, password: str, *, url_prefix: str = "", read_only: bool = True
) -> Iterator[int]:
    """Show Flower from a thread of its own while the block lasts; gives the port. Raises `PortTakenError`."""
    _set_options(host, port, password, url_prefix.strip("/"), read_only=read_only)
    started: list[Any] = []
    ready = Event()
    thread = Thread(target=_serve, args=(celery, started, ready), name="flower", daemon=True)
    thread.start()
    ready.wait()
    if len(started) < 2:
        raise PortTakenError(port)
    shown, taken = started
    try:
        yield taken
    finally:
        shown.io_loop.add_callback(shown.stop)
        thread.join(PATIENCE)


def new_password() -> str:
    """Return a password for one run, where the operator has set none."""
    return secrets.token_urlsafe(12)


def _serve(celery: "Celery[Any]", started: list[Any], ready: Event) -> None:
    # Tornado's loop is asyncio's of this thread (facts/stack.md §3).
    asyncio.set_event_loop(asyncio.new_event_loop())
    try:
        shown = Flower(capp=celery, options=options, io_loop=ioloop.IOLoop.current(), **flower_settings)
        prefix = f"/{options.url_prefix}" if options.url_prefix else ""
        shown.add_handlers(".*", [(f"{prefix}/metrics", GuardedMetrics)])
        started.append(shown)
        started.append(shown.start_http_server())
    except OSError:
        return
    finally:
        ready.set()
    shown.start()


def _set_options(host: str, port: int, password: str, url_prefix: str, *, read_only: bool) -> None:
    options.address, options.port = host, port
    options.basic_auth = [f"{USER}:{password}"]
    options.url_prefix = url_prefix or None
    options.read_only = read_only
    options.persistent = False
    options.max_tasks = KEPT_TASKS
    options.tasks_columns = "name,state,received,started,runtime,worker"
    extract_settings()
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # no visit is logged, as in the workplace
