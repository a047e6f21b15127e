"""What a scheduler's job does when it is due: put one message in the outbox, committed. And how many have."""

import threading

from sqlalchemy import Engine, insert

from benchmarks.peers import rows
from benchmarks.peers.sqlalchemy_orm import Outbox

PATIENCE = 300.0  # seconds


class Fired:
    """Counts the jobs that have done their work in this process."""

    def __init__(self) -> None:
        self._done = threading.Semaphore(0)
        self._engine: Engine | None = None

    def open(self, engine: Engine) -> None:
        """Say where the outbox is."""
        self._engine = engine

    def queue(self, case_id: int) -> None:
        """Put a reminder in the outbox."""
        if self._engine is None:
            raise RuntimeError("no outbox")
        message = {
            "key": f"{case_id}:r1",
            "kind": "reminder",
            "case_id": case_id,
            "payload": {},
            "not_before": rows.NOW,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(Outbox), message)
        self._done.release()

    def wait(self, number: int) -> None:
        """Return when so many have been queued."""
        for _ in range(number):
            if not self._done.acquire(timeout=PATIENCE):
                raise TimeoutError("jobs that were due have not run")


FIRED = Fired()


def queue(case_id: int) -> None:
    """Put a reminder in the outbox."""
    FIRED.queue(case_id)
