"""Breaking the glass: a colleague of the unit sees a person for a while, with a reason, told of and reviewed.

Never across a unit or an authority, never a protected identity (facts/trust.md T28). The event is in the case's
history, the opening in the access log, the unit manager has a mail at once, and somebody reviews it within three days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from access.actors import Actor
from access.rules import ALLOWED, Action
from engine.access_logging import log_reading
from engine.authorising import authorise_anywhere, authorise_near, facts_near
from engine.composing import compose_opened
from engine.errors import NotAllowedError
from engine.firing import Act, fire_within
from engine.glass_rows import LONGEST, LONGEST_REASON
from engine.inspecting_visible import units_where
from engine.parts import Engine
from engine.reviewing import Conclusion
from engine.staffing import BadEntryError
from notifications.messages import to_json
from storage import cases, nearness, outbox
from storage.cases import CaseRow
from workflows.case import Builtin, Event
from workflows.dates import local_date
from workflows.errors import BevakaError

REVIEWED_WITHIN = timedelta(hours=72)
MOST = 500
READ = "break_glass"  # what the access log calls it, and why readings are made by it


class OpeningNotFoundError(BevakaError):
    """There is no such opening that waits for this reviewer: one's own is for somebody else."""

    def __init__(self) -> None:
        super().__init__("no such opening waits for a review")


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """Somebody has broken the glass. Instants are UTC. `reason` is in people's own words: for reviewers alone."""

    ref: str
    seq: int
    at: datetime
    until: datetime
    by: str
    unit: str
    reason: str
    reviewed_at: datetime | None
    conclusion: str | None
    note: str | None
    overdue: bool

    def __repr__(self) -> str:
        return f"OpeningLine({self.ref}, {self.seq})"


def break_glass(
    engine: Engine, ref: str, reason: str, actor: Actor, now: datetime, *, minutes: int = LONGEST
) -> datetime:
    """Let the actor see the person of a case for a while, and return until when (UTC).

    Args:
        engine: the parts.
        ref: the case.
        reason: why, in her own words; 10 to 500 characters.
        actor: a coordinator or deputy of the case's unit who does not see the person otherwise.
        now: the instant, UTC.
        minutes: for how long, at most an hour.

    Raises:
        CaseNotFoundError: there is no such case, or none of the actor's business.
        NotAllowedError: not for her, not for this person, or she sees her anyway.
        BadEntryError: the reason or the minutes.
        UnloggedReadError: it cannot be logged.
    """
    event = Event(Builtin.BREAK_GLASS, {"reason": " ".join(reason.split()), "minutes": minutes})
    with engine.database.write() as connection:
        found = cases.find_case(connection, ref, lock=True)
        case = authorise_near(connection, actor, Action.BREAK_GLASS, found, ref, now)
        log_reading(connection, case, actor, READ, now, READ)
        fire_within(connection, engine, Act(ref, event, actor, now, facts=facts_near(connection, case, now)))
        _tell_unit_manager(engine, connection, case, now)
    engine.nudge()
    return now + timedelta(minutes=minutes)


def openings(engine: Engine, actor: Actor, now: datetime, *, waiting: bool = True) -> tuple[OpeningLine, ...]:
    """Return what was opened in the units an actor reviews: what waits for a review, or everything, the newest first.

    Raises:
        NotAllowedError: the actor reviews no unit.
    """
    authorise_anywhere(actor, Action.REVIEW)
    units = units_where(actor, ALLOWED[Action.REVIEW])
    with engine.database.read() as connection:
        rows = nearness.openings(connection, units, waiting=waiting, most=MOST)
    return tuple(_line(row, now) for row in rows)


def review_opening(
    engine: Engine, ref: str, seq: int, conclusion: Conclusion, actor: Actor, now: datetime, note: str = ""
) -> None:
    """Note what the review of one opening came to. Nobody reviews her own.

    Raises:
        NotAllowedError: the actor reviews no unit, or is nobody in particular.
        OpeningNotFoundError: there is none, it is done, or it is not hers to review.
        BadEntryError: the note is too long.
    """
    authorise_anywhere(actor, Action.REVIEW)
    if actor.staff_id is None:
        raise NotAllowedError(Action.REVIEW, ALLOWED[Action.REVIEW])
    said = " ".join(note.split())
    if len(said) > LONGEST_REASON:
        raise BadEntryError("note", f"at most {LONGEST_REASON} characters")
    done = {"reviewed_at": now, "reviewer_id": actor.staff_id, "conclusion": conclusion.value, "note": said or None}
    units = units_where(actor, ALLOWED[Action.REVIEW])
    with engine.database.write() as connection:
        if not nearness.close_opening(connection, ref, seq, units, **done):
            raise OpeningNotFoundError


def _line(row: Any, now: datetime) -> OpeningLine:
    waits = row.reviewed_at is None
    return OpeningLine(
        ref=row.ref,
        seq=row.seq,
        at=row.at,
        until=row.until,
        by=row.by,
        unit=row.unit,
        reason=str(row.answers.get("reason") or ""),
        reviewed_at=row.reviewed_at,
        conclusion=row.conclusion,
        note=row.note,
        overdue=waits and now > row.at + REVIEWED_WITHIN,
    )


def _tell_unit_manager(engine: Engine, connection: Connection, case: CaseRow, now: datetime) -> None:
    """Queue the mail to the unit manager: at once, whatever the hour, without a word about the person."""
    today = local_date(now)
    outbox.insert_if_new(
        connection,
        {
            "key": f"opened:{case.id}:{case.seq + 1}",
            "kind": "opened",
            "channel": "email",
            "slot": "unit_manager:email",
            "unit_id": case.unit_id,
            "payload": {"message": to_json(compose_opened(engine, case, today))},
            "not_before": now,
            "created_at": now,
        },
    )
