"""Celery's `eta`: reminders as messages in a broker, none of them in a database."""

from typing import Any

from celery import Celery
from celery.contrib.testing.worker import start_worker
from sqlalchemy import create_engine

from benchmarks.peers import rows
from benchmarks.peers.firing import FIRED, queue
from tests.servers.valkey import ValkeyServer


class CeleryReminders:
    """Schedules reminders on a broker of its own."""

    def __init__(self, url: str) -> None:  # noqa: ARG002 - nothing of it is in the database
        self.broker = ValkeyServer(private=True)

    def create(self) -> None:
        self.broker.start()
        self.app = Celery("bench", broker=self.broker.url)
        self.app.conf.update(task_ignore_result=True)

        @self.app.task(name="remind")
        def remind(case_id: int, rung: str) -> None:
            """Send a reminder."""

        self.remind: Any = remind

    def fill(self, first: int, number: int) -> None:
        """Nothing comes before."""

    def work(self, first: int, number: int) -> None:
        with self.app.producer_or_acquire() as producer:
            for case_id in range(first, first + number):
                self.remind.apply_async((case_id, "r1"), eta=rows.FAR, producer=producer)

    def close(self) -> None:
        self.app.close()
        self.broker.close()


class CeleryFiring(CeleryReminders):
    """Lets a worker run the messages that are due; each puts a message in the outbox."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url
        self.engine = create_engine(url)
        FIRED.open(self.engine)

    def create(self) -> None:
        super().create()
        rows.create(self.url)
        self.app.conf.update(task_acks_late=True, worker_prefetch_multiplier=16, worker_hijack_root_logger=False)
        self.app.task(name="queue")(queue)

    def fill(self, first: int, number: int) -> None:
        rows.fill(self.url, first, number)
        with self.app.producer_or_acquire() as producer:
            for case_id in range(first, first + number):
                self.app.tasks["queue"].apply_async((case_id,), eta=rows.NOW, producer=producer)

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        with start_worker(self.app, pool="threads", concurrency=4, perform_ping_check=False, loglevel="ERROR"):
            FIRED.wait(number)

    def close(self) -> None:
        super().close()
        self.engine.dispose()
