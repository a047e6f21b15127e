"""SpiffWorkflow: a BPMN process, its state as JSON in a row beside the case (its documentation: "Serialization")."""

from pathlib import Path

import psycopg
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from benchmarks.peers import rows
from benchmarks.peers.sqlalchemy_orm import (
    Base,
    CaseFile,
    SqlalchemyOrm,
    end_deadline,
    follow_up,
    invite,
    record,
    settle_ladder,
)
from tests.servers.postgres import libpq_url


class Process(Base):
    """A case's process."""

    __tablename__ = "spiff"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    case_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text)


class SpiffCase(SqlalchemyOrm):
    """Fires by completing a user task."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())

    def create(self) -> None:
        super().create()
        Process.__table__.create(self.engine)

    def fill(self, first: int, number: int) -> None:
        super().fill(first, number)
        parser = BpmnParser()
        parser.add_bpmn_file(str(Path(__file__).with_name("case.bpmn")))
        workflow = BpmnWorkflow(parser.get_spec("case"))
        workflow.do_engine_steps()
        with psycopg.connect(libpq_url(self.url)) as connection:
            connection.execute(
                "INSERT INTO peers.spiff SELECT n, %s FROM generate_series(%s::int, %s::int) n",
                (self.serializer.serialize_json(workflow), first, first + number - 1),
            )

    def fire(self, session: Session, case: CaseFile) -> None:
        process = session.scalars(select(Process).where(Process.case_id == case.id)).one()
        workflow = self.serializer.deserialize_json(process.state)
        (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data.update(rows.ANSWERS, consent=case.consent)
        task.run()
        workflow.do_engine_steps()
        (waits,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        case.state = waits.task_spec.bpmn_id
        if case.state != "following":
            raise rows.GuardError
        process.state = self.serializer.serialize_json(workflow)
        record(session, case)
        settle_ladder(session, end_deadline(session, case))
        follow_up(session, case, rows.REMINDERS[0])
        invite(session, case)
