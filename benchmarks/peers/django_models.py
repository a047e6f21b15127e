"""The tables of `tables.sql` as Django's models. Imported once Django is set up."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django_fsm import FSMField, transition

from benchmarks.peers import rows


class CaseFile(models.Model):
    """A case, with the transition as django-fsm writes it."""

    ref = models.CharField(max_length=12, unique=True)
    state = FSMField(default="granted", protected=True)
    seq = models.IntegerField()
    consent = models.BooleanField()
    held_on = models.DateField(null=True)
    meeting_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "peers", False, "case_file"

    def has_consent(self) -> bool:
        """Say whether the case has consent."""
        return self.consent

    @transition(field=state, source="granted", target="following", conditions=[has_consent])
    def hold(self) -> None:
        """Note the meeting."""
        self.seq += 1
        self.held_on, self.meeting_at = rows.HELD_ON, rows.MEETING_AT


class History(models.Model):
    """What happened to a case."""

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE)
    seq = models.IntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    event = models.CharField(max_length=60)
    answers = models.JSONField()
    state_before = models.CharField(max_length=60, null=True)
    state_after = models.CharField(max_length=60)

    class Meta:
        app_label, managed, db_table = "peers", False, "history"


class Deadline(models.Model):
    """A date a case is watched against."""

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE)
    kind = models.CharField(max_length=60)
    status = models.CharField(max_length=20)
    due_on = models.DateField()
    next_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "peers", False, "deadline"


class Ledger(models.Model):
    """What became of a reminder."""

    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE)
    rung = models.CharField(max_length=40)
    slot = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    reason = models.CharField(max_length=20, null=True)
    decided_at = models.DateTimeField()

    class Meta:
        app_label, managed, db_table = "peers", False, "ledger"


class Outbox(models.Model):
    """A message to send."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE)
    payload = models.JSONField()
    not_before = models.DateTimeField()

    class Meta:
        app_label, managed, db_table = "peers", False, "outbox"


def write(case: CaseFile, next_at: datetime, rungs: Sequence[str] = rows.RUNGS) -> None:
    """Write what follows from the transition."""
    History.objects.create(
        case=case,
        seq=case.seq,
        at=rows.NOW,
        actor="staff",
        event="hold",
        answers=rows.ANSWERS,
        state_before="granted",
        state_after=case.state,
    )
    met = Deadline.objects.get(case=case, kind="meeting", status="open")
    met.status, met.next_at, met.ended_at = "met", None, rows.NOW
    met.save(update_fields=["status", "next_at", "ended_at"])
    Ledger.objects.bulk_create(
        Ledger(deadline=met, rung=rung, slot=rows.SLOT, outcome="suppressed", reason="met", decided_at=rows.NOW)
        for rung in rungs
    )
    Deadline.objects.create(
        case=case,
        kind="follow_up",
        status="open",
        due_on=rows.FOLLOW_UP_ON,
        next_at=next_at,
        opened_at=rows.NOW,
    )
    Outbox.objects.create(
        key=f"{case.ref}:follow_up:0:coordinator",
        kind="invite",
        case=case,
        payload={"sequence": 0},
        not_before=rows.NOW,
    )
