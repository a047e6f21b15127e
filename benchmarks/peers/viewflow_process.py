"""Viewflow: processes and tasks in its own tables, the process locked while a task is finished."""

from benchmarks.peers import rows
from benchmarks.peers.django_setup import configure


class ViewflowCase:
    """Fires by finishing a task."""

    def __init__(self, url: str) -> None:
        self.url = url
        configure(url, "django_fsm", "viewflow", "viewflow.workflow", "benchmarks.peers")

    def create(self) -> None:
        from django.core.management import call_command  # noqa: PLC0415 - Django must be set up first

        rows.create(self.url)
        call_command("migrate", verbosity=0)

    def fill(self, first: int, number: int) -> None:
        from django.db import transaction  # noqa: PLC0415

        from benchmarks.peers.viewflow_flow import CaseFlow  # noqa: PLC0415

        rows.fill(self.url, first, number)
        with transaction.atomic():
            for case_id in range(first, first + number):
                CaseFlow.start.run(case_id=case_id)

    def work(self, first: int, number: int) -> None:
        from benchmarks.peers.viewflow_flow import hold  # noqa: PLC0415

        for case_id in range(first, first + number):
            hold(case_id)

    def close(self) -> None:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
