"""Waking the postman after a commit, without making whoever committed wait for the broker."""

import logging
from threading import Event, Thread

from tasks.app import DELIVER, app

_LOG = logging.getLogger(__name__)


class Nudger:
    """Sends one round of wake-up calls for any number of nudges close together; the next tick makes up for lost ones.

    Args of the constructor:
        tasks: which are called, in this order.
    """

    def __init__(self, *tasks: str) -> None:
        self._tasks = tasks or (DELIVER,)
        self._wanted = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="nudger", daemon=True)

    def nudge(self) -> None:
        """Ask for a postman. Never raises and never waits, whatever state the broker is in."""
        self._wanted.set()

    def start(self) -> None:
        """Begin to pass nudges on."""
        self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """Pass no more on; give a call under way `patience` seconds to end."""
        self._stopping = True
        self._wanted.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping:
                return
            for task in self._tasks:
                call(task)


def call(task: str) -> bool:
    """Enqueue a task; say whether the broker took it. One that is away is logged and no more: the next tick comes."""
    try:
        app.send_task(task)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work waits in the database
        _LOG.warning("the broker did not take %s: %s", task, type(error).__name__)
        return False
    return True
