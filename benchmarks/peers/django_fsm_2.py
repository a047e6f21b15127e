"""django-fsm-2 on Django's ORM: a protected field, a condition, `select_for_update` in an atomic block."""

from benchmarks.peers import rows
from benchmarks.peers.django_setup import configure


class DjangoFsm:
    """Fires through a transition of django-fsm-2."""

    def __init__(self, url: str) -> None:
        self.url = url
        configure(url, "django_fsm")

    def create(self) -> None:
        rows.create(self.url)

    def fill(self, first: int, number: int) -> None:
        rows.fill(self.url, first, number)

    def work(self, first: int, number: int) -> None:
        from django.db import transaction  # noqa: PLC0415 - Django must be set up first

        from benchmarks.peers.django_models import CaseFile, write  # noqa: PLC0415

        for case_id in range(first, first + number):
            with transaction.atomic():
                case = CaseFile.objects.select_for_update().get(ref=f"B{case_id}")
                case.hold()
                case.save(update_fields=["state", "seq", "held_on", "meeting_at"])
                write(case, rows.REMINDERS[0])

    def close(self) -> None:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
