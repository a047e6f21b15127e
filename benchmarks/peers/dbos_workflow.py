"""DBOS: a durable workflow of one transaction, its checkpoint in the same database and the same commit."""

import os

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy.orm import Session

from benchmarks.peers.sqlalchemy_orm import SqlalchemyOrm, held

A_YEAR = 365 * 24 * 3600.0


class DbosCase(SqlalchemyOrm):
    """Fires as a workflow."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        DBOS(
            config={
                "name": "bench",
                "system_database_url": url,
                "executor_id": str(os.getpid()),
                "log_level": "ERROR",
            }
        )
        self.source = SQLAlchemyDatasource.create(url)

        @self.source.transaction(isolation_level="READ COMMITTED")
        def write(ref: str) -> None:
            session: Session = self.source.sql_session()
            self.fire(session, held(session, ref))

        @DBOS.workflow()
        def hold(ref: str) -> None:
            write(ref)

        self.hold = hold
        DBOS.launch()

    def work(self, first: int, number: int) -> None:
        for case_id in range(first, first + number):
            with SetWorkflowID(f"B{case_id}:hold"):
                self.hold(f"B{case_id}")

    def close(self) -> None:
        DBOS.destroy()
        super().close()


class DbosReminders(DbosCase):
    """Schedules reminders as delayed workflows of a queue."""

    def create(self) -> None:
        DBOS.register_queue("reminders")

    def fill(self, first: int, number: int) -> None:
        """Nothing comes before."""

    def work(self, first: int, number: int) -> None:
        for case_id in range(first, first + number):
            with SetWorkflowID(f"B{case_id}:r1"), SetEnqueueOptions(delay_seconds=A_YEAR):
                DBOS.enqueue_workflow("reminders", self.hold, f"B{case_id}")
