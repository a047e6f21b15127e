"""Procrastinate: reminders as jobs of PostgreSQL, deferred within the caller's transaction."""

import asyncio
from typing import Any, cast

import procrastinate
import psycopg
from procrastinate.types import JSONDict
from sqlalchemy.orm import Session

from benchmarks.peers import rows
from benchmarks.peers.firing import FIRED, queue
from benchmarks.peers.sqlalchemy_orm import CaseFile, SqlalchemyOrm, end_deadline, follow_up, invite, record
from tests.servers.postgres import libpq_url


class ProcrastinateCase(SqlalchemyOrm):
    """Fires by hand, with jobs for reminders: three are cancelled and three deferred."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=libpq_url(url)))
        self.app.open()

        @self.app.task(name="remind")
        def remind(case_id: int, rung: str) -> None:
            """Send a reminder."""

        self.remind = remind

    def create(self) -> None:
        super().create()
        self.app.schema_manager.apply_schema()

    def fill(self, first: int, number: int) -> None:
        super().fill(first, number)
        with psycopg.connect(libpq_url(self.url)) as connection:
            for case_id in range(first, first + number):
                connection.execute(
                    "UPDATE peers.deadline SET jobs = to_jsonb(%s::bigint[]) WHERE case_id = %s",
                    (self.defer(case_id, connection), case_id),
                )

    def fire(self, session: Session, case: CaseFile) -> None:
        if not case.consent:
            raise rows.GuardError
        case.state = "following"
        record(session, case)
        connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
        for job_id in end_deadline(session, case).jobs or ():
            self.app.job_manager.cancel_job_by_id(job_id, connection=connection)
        follow_up(session, case, None, self.defer(case.id, connection))
        invite(session, case)

    def defer(self, case_id: int, connection: "psycopg.Connection[Any]") -> list[int]:
        """Defer a case's reminders and return their ids."""
        asked = {"case_id": case_id}
        return [
            self.remind.configure(schedule_at=at, connection=connection).defer(**asked, rung=rung)
            for rung, at in zip(rows.RUNGS, rows.REMINDERS, strict=True)
        ]

    def close(self) -> None:
        self.app.close()
        super().close()


class ProcrastinateReminders(ProcrastinateCase):
    """Schedules reminders, in batches as its documentation says for many jobs."""

    def fill(self, first: int, number: int) -> None:
        """Nothing comes before."""

    def work(self, first: int, number: int) -> None:
        asked: list[JSONDict] = [{"case_id": case_id, "rung": "r1"} for case_id in range(first, first + number)]
        for start in range(0, number, 500):
            self.remind.configure(schedule_at=rows.FAR).batch_defer(*asked[start : start + 500])


class ProcrastinateFiring(SqlalchemyOrm):
    """Lets a worker run the jobs that are due; each puts a message in the outbox."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        FIRED.open(self.engine)
        self.conninfo = libpq_url(url)

    def create(self) -> None:
        super().create()
        with self.app(procrastinate.SyncPsycopgConnector(conninfo=self.conninfo)).open() as app:
            app.schema_manager.apply_schema()

    def fill(self, first: int, number: int) -> None:
        super().fill(first, number)
        with self.app(procrastinate.SyncPsycopgConnector(conninfo=self.conninfo)).open() as app:
            due: list[JSONDict] = [{"case_id": case_id} for case_id in range(first, first + number)]
            app.tasks["queue"].configure(schedule_at=rows.NOW).batch_defer(*due)

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        asyncio.run(self.run())
        FIRED.wait(number)

    async def run(self) -> None:
        """Run what is due and stop."""
        async with self.app(procrastinate.PsycopgConnector(conninfo=self.conninfo)).open_async() as app:
            await app.run_worker_async(wait=False, concurrency=4, install_signal_handlers=False)

    def app(self, connector: procrastinate.BaseConnector) -> procrastinate.App:
        """Return the app on one of its two kinds of connector: only the asynchronous one runs workers."""
        app = procrastinate.App(connector=connector)
        app.task(name="queue")(queue)
        return app
