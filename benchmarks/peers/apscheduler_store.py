"""APScheduler 3: reminders as jobs of its SQLAlchemy store, each job added and removed in a transaction of its own."""

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from benchmarks.peers import rows
from benchmarks.peers.firing import FIRED, queue
from benchmarks.peers.sqlalchemy_orm import (
    CaseFile,
    SqlalchemyOrm,
    end_deadline,
    follow_up,
    held,
    invite,
    record,
)


def remind(case_id: int, rung: str) -> None:
    """Send a reminder."""


class ApschedulerCase(SqlalchemyOrm):
    """Fires by hand, then replaces three jobs by three others."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.scheduler = BackgroundScheduler(timezone="UTC")
        self.scheduler.add_jobstore(SQLAlchemyJobStore(engine=self.engine))
        self.scheduler.start(paused=True)

    def fill(self, first: int, number: int) -> None:
        super().fill(first, number)
        for case_id in range(first, first + number):
            self.add(case_id, "meeting")

    def work(self, first: int, number: int) -> None:
        for case_id in range(first, first + number):
            with Session(self.engine) as session, session.begin():
                self.fire(session, held(session, f"B{case_id}"))
            for rung in rows.RUNGS:
                self.scheduler.remove_job(f"{case_id}:meeting:{rung}")
            self.add(case_id, "follow_up")

    def fire(self, session: Session, case: CaseFile) -> None:
        if not case.consent:
            raise rows.GuardError
        case.state = "following"
        record(session, case)
        end_deadline(session, case)
        follow_up(session, case, None)
        invite(session, case)

    def add(self, case_id: int, kind: str) -> None:
        """Add a case's reminders."""
        for rung, at in zip(rows.RUNGS, rows.REMINDERS, strict=True):
            self.scheduler.add_job(
                remind,
                "date",
                run_date=at,
                args=(case_id, rung),
                id=f"{case_id}:{kind}:{rung}",
                misfire_grace_time=None,
            )

    def close(self) -> None:
        self.scheduler.shutdown()
        super().close()


class ApschedulerFiring(ApschedulerCase):
    """Lets jobs that are due run; each puts a message in the outbox."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        FIRED.open(self.engine)

    def fill(self, first: int, number: int) -> None:
        rows.fill(self.url, first, number)
        for case_id in range(first, first + number):
            self.scheduler.add_job(
                queue, "date", run_date=rows.NOW, args=(case_id,), id=f"{case_id}:r1", misfire_grace_time=None
            )

    def work(self, first: int, number: int) -> None:  # noqa: ARG002
        self.scheduler.resume()
        FIRED.wait(number)
        self.scheduler.pause()

    def close(self) -> None:
        self.scheduler.remove_all_jobs()
        super().close()


class ApschedulerReminders(ApschedulerCase):
    """Schedules reminders."""

    def fill(self, first: int, number: int) -> None:
        """Nothing comes before."""

    def work(self, first: int, number: int) -> None:
        for case_id in range(first, first + number):
            self.scheduler.add_job(
                remind, "date", run_date=rows.FAR, args=(case_id, "r1"), id=f"{case_id}:r1", misfire_grace_time=None
            )
