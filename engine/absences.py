"""Absences changed and ended, and the days on which nobody stands in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from access.actors import Actor
from engine.authorising import authorise_absence
from engine.parts import Engine
from engine.recipients import Directory
from engine.staffing import AbsenceError, checked_absence
from storage.people import Away, Held, StaffRow
from storage.tables import absence
from workflows.dates import local_date
from workflows.errors import BevakaError

DAY = timedelta(days=1)
LOOKED_AHEAD = 400  # days of an absence that gaps are looked for in


class AbsenceNotFoundError(BevakaError):
    """There is no such absence."""

    def __init__(self) -> None:
        super().__init__("there is no such absence")


def change_absence(
    engine: Engine, number: int, from_on: date, until_on: date, deputy: str | None, actor: Actor
) -> None:
    """Give an absence other days or another deputy (her address, None for nobody).

    Raises:
        AbsenceNotFoundError: there is none of that number.
        NotAllowedError, UnknownStaffError, AbsenceError: as for `engine.staffing.set_absence`.
    """
    with engine.database.write() as connection:
        staff_id = _found(connection, number, actor)
        values = checked_absence(connection, staff_id, from_on, until_on, deputy, but=number)
        connection.execute(update(absence).where(absence.c.id == number).values(**values))


def end_absence(engine: Engine, number: int, actor: Actor, now: datetime) -> None:
    """Let somebody be back today: an absence that runs ends yesterday, one that has not begun is taken away.

    Raises:
        AbsenceNotFoundError: there is none of that number.
        AbsenceError: it has ended already; what was is not rewritten, for reviews ask who stood in.
        NotAllowedError: it is neither the actor's own nor that of somebody she answers for.
    """
    today = local_date(now)
    with engine.database.write() as connection:
        _found(connection, number, actor)
        mine = absence.c.id == number
        row = connection.execute(select(absence.c.from_on, absence.c.until_on).where(mine)).one()
        if row.until_on < today:
            raise AbsenceError("order")
        if row.from_on >= today:
            connection.execute(delete(absence).where(mine))
        else:
            connection.execute(update(absence).where(mine).values(until_on=today - DAY))


def gaps_of(
    away: Away, absences: Sequence[Away], staff: Mapping[int, StaffRow], held: Sequence[Held], today: date
) -> tuple[tuple[date, date], ...]:
    """Return the spans of an absence, from today, on which what is addressed to her reaches nobody at her level.

    Args:
        away: the absence.
        absences: all of them, this one too.
        staff, held: everybody, and the roles they hold.
        today: a date in Stockholm.
    """
    return tuple(
        _spans(day for day in _days(away, today) if not _directory(day, absences, staff, held).covered(away.staff_id))
    )


def _days(away: Away, today: date) -> Iterator[date]:
    first = max(away.from_on, today)
    last = min(away.until_on, first + LOOKED_AHEAD * DAY)
    yield from (first + number * DAY for number in range((last - first).days + 1))


def _directory(day: date, absences: Sequence[Away], staff: Mapping[int, StaffRow], held: Sequence[Held]) -> Directory:
    return Directory(staff, held, {one.staff_id: one for one in absences if one.from_on <= day <= one.until_on})


def _spans(days: Iterator[date]) -> Iterator[tuple[date, date]]:
    span: tuple[date, date] | None = None
    for day in days:
        if span is not None and day == span[1] + DAY:
            span = (span[0], day)
            continue
        if span is not None:
            yield span
        span = (day, day)
    if span is not None:
        yield span


def _found(connection: Connection, number: int, actor: Actor) -> int:
    """Return whose absence it is, locked, if the actor may change it."""
    query = select(absence.c.staff_id).where(absence.c.id == number).with_for_update()
    staff_id: int | None = connection.execute(query).scalar_one_or_none()
    if staff_id is None:
        raise AbsenceNotFoundError
    authorise_absence(connection, actor, staff_id)
    return staff_id
