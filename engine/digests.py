"""The morning digest: one a working day for whoever wants it and has something to do; composed when it leaves."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from engine.parts import Engine
from notifications.messages import Digest, DigestLine, Text
from storage import outbox, ticks
from storage.holding import is_on_hold
from storage.tables import case, deadline, staff
from workflows.calendar import Calendar
from workflows.dates import WorkingHours, at_local, in_hours, local_date

HORIZON = timedelta(days=7)
LONGEST = 40
HOURS = WorkingHours()


def queue_digests(engine: Engine, now: datetime) -> int:
    """Queue today's digests once, as soon as the day's working hours have begun; return how many were queued."""
    with engine.database.write() as connection:
        calendar = engine.rulebook.calendar(connection, "SE", now)
        day = local_date(now)
        if (
            is_on_hold(connection)
            or not in_hours(now, HOURS, calendar)
            or not ticks.take_tick(connection, "digest", at_local(day, HOURS.opens))
        ):
            return 0
        owners = connection.execute(
            select(case.c.coordinator_id)
            .join(deadline, deadline.c.case_id == case.c.id)
            .join(staff, staff.c.id == case.c.coordinator_id)
            .where(deadline.c.status == "open", deadline.c.due_on <= day + HORIZON, staff.c.digest, staff.c.active)
            .distinct()
        ).scalars()
        return sum(outbox.insert_if_new(connection, _row(staff_id, day, now)) for staff_id in list(owners))


def skip_todays_digests(connection: Connection, now: datetime) -> None:
    """Let no digest be queued today: another house may have sent them."""
    ticks.take_tick(connection, "digest", at_local(local_date(now), HOURS.opens))


def next_digest(calendar: Calendar, now: datetime) -> datetime:
    """Return when digests are queued next after `now`, UTC."""
    opens = at_local(local_date(now), HOURS.opens)
    day = local_date(now) if now < opens else local_date(now) + timedelta(days=1)
    return at_local(calendar.next_working_day(day), HOURS.opens)


def _row(staff_id: int, day: date, now: datetime) -> dict[str, object]:
    return {
        "key": f"digest:{staff_id}:{day.isoformat()}",
        "kind": "digest",
        "channel": "email",
        "slot": "staff:email",
        "staff_id": staff_id,
        "payload": {},
        "not_before": now,
        "created_at": now,
    }


def compose_digest(engine: Engine, connection: Connection, staff_id: int, now: datetime) -> Digest:
    """Return what a coordinator has to do within a week, the most overdue first."""
    day = local_date(now)
    rows = connection.execute(
        select(case.c.ref, case.c.programme, case.c.version, deadline.c.kind, deadline.c.due_on)
        .join(case, case.c.id == deadline.c.case_id)
        .where(
            case.c.coordinator_id == staff_id,
            deadline.c.status == "open",
            deadline.c.paused.is_(False),
            deadline.c.due_on <= day + HORIZON,
        )
        .order_by(deadline.c.due_on, case.c.ref)
        .limit(LONGEST)
    )
    lines = []
    for ref, programme, version, kind, due_on in rows:
        title = engine.rulebook.rules(connection, programme, version, now).definition.deadlines[kind].title
        overdue = max(0, (day - due_on).days)
        lines.append(DigestLine(ref, Text(title.sv, title.en), due_on, overdue, engine.link_to(ref)))
    return Digest(tuple(lines), day, f"{engine.public_url}/", f"{engine.public_url}/settings")
