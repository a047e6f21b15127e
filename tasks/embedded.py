"""A Celery worker as threads of this process, on the in-memory transport (recipe and traps: facts/stack.md §3)."""

import logging
from threading import Thread
from typing import Any

from celery.worker import WorkController, state

from tasks.app import DIGESTS, app
from tasks.nudging import call

# They tell of every task, several a tick; what tasks did is in the ledger.
TALKATIVE = ("celery.worker.strategy", "celery.app.trace")
THREADS = 2  # a sweep and a postman; SQLite has one writer anyway


class EmbeddedWorker:
    """Runs tasks while it is started. One per process: the transport and Celery's stop flags are the process's own.

    Args of the constructor:
        is_watched: tell Flower every few seconds that it lives.
    """

    def __init__(self, *, is_watched: bool = False) -> None:
        self._is_watched = is_watched
        self._controller: Any = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to take tasks."""
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        state.should_stop = None
        app.loader.import_default_modules()
        self._controller = WorkController(
            app=app,
            pool_cls="threads",
            concurrency=THREADS,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=not self._is_watched,
        )
        self._thread = Thread(target=self._controller.start, name="worker", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 3.0) -> bool:
        """Take no more tasks and let those under way end; say whether they did within `patience` seconds."""
        if self._thread is None:
            return True
        state.should_stop = 0  # type: ignore[assignment]  # the stubs know only None; it is the exit status
        # The worker looks at the flag between two messages, and goes round once more when it has seen it; each time it
        # would wait two seconds for a message.
        call(DIGESTS)
        call(DIGESTS)
        self._thread.join(patience)
        ended = not self._thread.is_alive()
        state.should_stop = None
        self._thread = None
        return ended
