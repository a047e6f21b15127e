"""SQLAlchemy's unit of work, alone: what most programmes without an engine look like, and what machines are put on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import DateTime

from benchmarks.peers import rows


class Base(DeclarativeBase):
    """The tables of `tables.sql`."""

    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012 - SQLAlchemy's way


class CaseFile(Base):
    """A case."""

    __tablename__ = "case_file"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str]
    state: Mapped[str]
    seq: Mapped[int]
    consent: Mapped[bool]
    held_on: Mapped[date | None]
    meeting_at: Mapped[datetime | None]


class History(Base):
    """What happened to a case."""

    __tablename__ = "history"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(CaseFile.id))
    seq: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    event: Mapped[str]
    answers: Mapped[dict[str, Any]]
    state_before: Mapped[str | None]
    state_after: Mapped[str]


class Deadline(Base):
    """A date a case is watched against."""

    __tablename__ = "deadline"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(CaseFile.id))
    kind: Mapped[str]
    status: Mapped[str]
    due_on: Mapped[date]
    next_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    jobs: Mapped[list[int] | None] = mapped_column(JSONB)


class Ledger(Base):
    """What became of a reminder."""

    __tablename__ = "ledger"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey(Deadline.id))
    rung: Mapped[str]
    slot: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime]


class Outbox(Base):
    """A message to send."""

    __tablename__ = "outbox"
    __table_args__ = {"schema": "peers"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    kind: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey(CaseFile.id))
    payload: Mapped[dict[str, Any]]
    not_before: Mapped[datetime]


class SqlalchemyOrm:
    """Fires with the ORM and an `if`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url)

    def create(self) -> None:
        rows.create(self.url)

    def fill(self, first: int, number: int) -> None:
        rows.fill(self.url, first, number)

    def work(self, first: int, number: int) -> None:
        for case_id in range(first, first + number):
            with Session(self.engine) as session, session.begin():
                self.fire(session, held(session, f"B{case_id}"))

    def fire(self, session: Session, case: CaseFile) -> None:
        """Fire the transition within the session's transaction."""
        if not case.consent:
            raise rows.GuardError
        case.state = "following"
        record(session, case)
        settle_ladder(session, end_deadline(session, case))
        follow_up(session, case, rows.REMINDERS[0])
        invite(session, case)

    def close(self) -> None:
        self.engine.dispose()


def held(session: Session, ref: str) -> CaseFile:
    """Return a case, locked."""
    return session.scalars(select(CaseFile).where(CaseFile.ref == ref).with_for_update()).one()


def record(session: Session, case: CaseFile) -> None:
    """Note the meeting in the case and its history."""
    case.seq += 1
    case.held_on, case.meeting_at = rows.HELD_ON, rows.MEETING_AT
    session.add(
        History(
            case_id=case.id,
            seq=case.seq,
            at=rows.NOW,
            actor="staff",
            event="hold",
            answers=rows.ANSWERS,
            state_before="granted",
            state_after=case.state,
        )
    )


def end_deadline(session: Session, case: CaseFile) -> Deadline:
    """End the deadline that the meeting met."""
    was_open = select(Deadline).where(
        Deadline.case_id == case.id, Deadline.kind == "meeting", Deadline.status == "open"
    )
    deadline = session.scalars(was_open).one()
    deadline.status, deadline.next_at, deadline.ended_at = "met", None, rows.NOW
    return deadline


def settle_ladder(session: Session, deadline: Deadline, rungs: Sequence[str] = rows.RUNGS) -> None:
    """Account for the reminders that need not be sent."""
    session.add_all(
        Ledger(
            deadline_id=deadline.id,
            rung=rung,
            slot=rows.SLOT,
            outcome="suppressed",
            reason="met",
            decided_at=rows.NOW,
        )
        for rung in rungs
    )


def follow_up(session: Session, case: CaseFile, next_at: datetime | None, jobs: list[int] | None = None) -> None:
    """Open the next deadline; a scheduler that looks after its reminders leaves `next_at` empty."""
    session.add(
        Deadline(
            case_id=case.id,
            kind="follow_up",
            status="open",
            due_on=rows.FOLLOW_UP_ON,
            next_at=next_at,
            opened_at=rows.NOW,
            jobs=jobs,
        )
    )


def invite(session: Session, case: CaseFile) -> None:
    """Put the invitation in the outbox."""
    session.add(
        Outbox(
            key=f"{case.ref}:follow_up:0:coordinator",
            kind="invite",
            case_id=case.id,
            payload={"sequence": 0},
            not_before=rows.NOW,
        )
    )
