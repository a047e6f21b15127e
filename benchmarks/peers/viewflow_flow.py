"""Viewflow's programme: tasks that code finishes. Imported once Django is set up."""

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import STATUS

from benchmarks.peers import rows
from benchmarks.peers.django_models import CaseFile, write


class CaseFlow(flow.Flow):
    """A case: granted, then followed, then closed."""

    process_class = Process
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle(this.open).Next(this.granted)
    granted = flow.Handle(this.hold).Next(this.following)
    following = flow.Handle(this.finish).Next(this.end)
    end = flow.End()

    def open(self, activation: Any, case_id: int) -> Process:
        """Begin a process under the number of its case."""
        activation.process.pk = case_id
        return activation.process

    def hold(self, activation: Any) -> None:
        """Check the guard and write what follows from the meeting."""
        case = CaseFile.objects.get(pk=activation.process.pk)
        case.hold()
        case.save(update_fields=["state", "seq", "held_on", "meeting_at"])
        write(case, rows.REMINDERS[0])

    def finish(self, activation: Any) -> None:
        """End the case."""


def hold(case_id: int) -> None:
    """Finish the task that waits for the meeting."""
    task = Task.objects.get(process_id=case_id, flow_task=CaseFlow.granted, status=STATUS.NEW)
    CaseFlow.granted.run(task)
