"""The log of readings, reviewed: what stands out, a random sample of the rest, and a protocol somebody signs.

Spot checks recur and are documented (HSLF-FS 2016:40 4:9); a patient is told from which unit and when somebody read
about her (patientdatalagen 8:5).
"""

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from access.actors import Actor
from access.personnumbers import PersonalNumber
from access.rules import ALLOWED, Action
from access.signing import Signer
from engine.access_logging import log_reading
from engine.authorising import authorise_anywhere
from engine.errors import NotAllowedError
from engine.inspecting_persons import name_of
from engine.inspecting_visible import units_where
from engine.parts import Engine
from engine.staffing import BadEntryError
from storage import cases, review_notes, reviews
from storage.cases import CaseRow
from storage.people import persons_by_index
from workflows.dates import WorkingHours, in_hours, local_date
from workflows.values import canonical

HOURS, CALENDAR = WorkingHours(time(6), time(20)), "SE"
AN_HOUR = timedelta(hours=1)
MANY = 30  # persons within an hour
SAMPLE = 20
LONGEST_NOTE = 500


class Sign(StrEnum):
    """Why a reading is looked at."""

    OWN_NAME = "own_name"  # the reader has the person's name
    SAME_SURNAME = "same_surname"
    NO_TEAM_LINK = "no_team_link"  # neither responsible, nor standing in, nor ever active in the case
    OFF_HOURS = "off_hours"
    BULK = "bulk"  # many persons within an hour
    SAMPLE = "sample"  # drawn at random from the others


class Conclusion(StrEnum):
    """What a review came to."""

    NO_REMARK = "no_remark"
    TO_INVESTIGATE = "to_investigate"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A reading that is to be looked at; it names the reader and the case, never the person."""

    id: int
    at: datetime
    reader: str
    action: str
    ref: str
    unit: str | None
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What is to be looked at of a time (UTC, `until` excluded), out of how many readings."""

    since: datetime
    until: datetime
    readings: int
    lines: tuple[ReviewLine, ...]


@dataclass(frozen=True, slots=True)
class SignedReview:
    """A protocol in a list: what time was reviewed by whom, how many readings were looked at, and what it came to."""

    number: int
    at: datetime
    since: datetime
    until: datetime
    reviewer: str
    readings: int
    conclusion: str
    note: str | None


@dataclass(frozen=True, slots=True)
class ExtractLine:
    """What a patient is told: when, from which unit, what was done, and by what kind of actor."""

    at: datetime
    unit: str | None
    action: str
    actor: str


def review(
    engine: Engine,
    actor: Actor,
    since: datetime,
    until: datetime,
    now: datetime,
    *,
    sample: int = SAMPLE,
    seed: int | None = None,
    many: int = MANY,
) -> Review:
    """Return the readings of a time that stand out, and a random sample of the others.

    A reviewer looks at the units she answers for, and never at her own readings. That a name was recognised says
    something about the person, so it is logged as a reading itself.

    Args:
        engine: the parts.
        actor: the reviewer.
        since, until: from when and until when (excluded), UTC.
        now: the instant, UTC.
        sample: how many of the others to draw.
        seed: draws the same again; by chance where it is not given.
        many: more persons than this within an hour are bulk.

    Raises:
        NotAllowedError: the actor answers for no unit.
    """
    authorise_anywhere(actor, Action.REVIEW)
    units = units_where(actor, ALLOWED[Action.REVIEW])
    with engine.database.write() as connection:
        rows = [row for row in reviews.readings(connection, since, until, units) if row.actor_id != actor.staff_id]
        signs = _signs(engine, connection, rows, many, now)
        _log_recognised(connection, rows, signs, actor, now)
    chance = random.Random(seed) if seed is not None else random.SystemRandom()  # noqa: S311 - a seed is for drawing the same again
    others = [row.id for row in rows if row.id not in signs]
    for drawn in chance.sample(others, min(sample, len(others))):
        signs[drawn] = {Sign.SAMPLE}
    lines = tuple(_line(row, signs[row.id]) for row in rows if row.id in signs)
    return Review(since, until, len(rows), lines)


def sign_review(
    engine: Engine, signer: Signer, actor: Actor, done: Review, conclusion: Conclusion, now: datetime, note: str = ""
) -> int:
    """Keep the protocol of a review, signed, and return its number.

    Raises:
        BadEntryError: the note is too long.
        NotAllowedError: the actor answers for no unit, or is nobody in particular.
    """
    authorise_anywhere(actor, Action.REVIEW)
    if actor.staff_id is None:
        raise NotAllowedError(Action.REVIEW, ALLOWED[Action.REVIEW])
    said = " ".join(note.split())
    if len(said) > LONGEST_NOTE:
        raise BadEntryError("note", f"at most {LONGEST_NOTE} characters")
    picked = {str(line.id): [sign.value for sign in line.signs] for line in done.lines}
    with engine.database.write() as connection:
        stood = reviews.hashes(connection, [line.id for line in done.lines])
        protocol = {
            "at": now.isoformat(),
            "since": done.since.isoformat(),
            "until": done.until.isoformat(),
            "readings": done.readings,
            "reviewer": actor.staff_id,
            "lines": picked,
            "hashes": stood,
            "conclusion": conclusion.value,
            **({"note": said} if said else {}),
        }
        digest = hashlib.sha256(canonical(protocol).encode()).hexdigest()
        row = {"at": now, "since": done.since, "until": done.until, "reviewer_id": actor.staff_id, "lines": picked}
        signed = {"conclusion": conclusion.value, "digest": digest, "signature": signer.sign(digest)}
        number = reviews.insert_review(connection, row | signed)
        if said:
            review_notes.insert_note(connection, number, said)
    return number


def signed_reviews(engine: Engine, actor: Actor, limit: int = 20) -> tuple[SignedReview, ...]:
    """Return the newest protocols: a unit manager's own, all to who reviews the whole house.

    Raises:
        NotAllowedError: the actor answers for no unit.
    """
    authorise_anywhere(actor, Action.REVIEW)
    everybody = units_where(actor, ALLOWED[Action.REVIEW]) is None
    with engine.database.read() as connection:
        rows = review_notes.signed_reviews(connection, None if everybody else actor.staff_id, limit)
    return tuple(
        SignedReview(row.id, row.at, row.since, row.until, row.reviewer, len(row.lines), row.conclusion, row.note)
        for row in rows
    )


def patient_extract(engine: Engine, number: PersonalNumber, actor: Actor, now: datetime) -> tuple[ExtractLine, ...]:
    """Return when and from which units a person was read about, newest first; empty for somebody who is not here.

    The extract is itself a reading about her, and logged.

    Raises:
        NotAllowedError: the actor answers for no unit.
        UnloggedReadError: the extract cannot be logged.
    """
    authorise_anywhere(actor, Action.REVIEW)
    with engine.database.write() as connection:
        index = engine.vault.index(number)
        person_id = persons_by_index(connection, [index]).get(index)
        case = reviews.newest_case(connection, person_id) if person_id else None
        if person_id is None or case is None:
            return ()
        rows = reviews.readings_about(connection, person_id)
        log_reading(connection, case, actor, "extract", now)
    return tuple(ExtractLine(row.at, row.unit, row.action, row.actor) for row in rows)


def _line(row: Row[Any], signs: Iterable[Sign]) -> ReviewLine:
    ordered = tuple(sign for sign in Sign if sign in set(signs))
    return ReviewLine(row.id, row.at, row.reader or row.actor, row.action, row.ref, row.unit, ordered)


def _signs(
    engine: Engine, connection: Connection, rows: Sequence[Row[Any]], many: int, now: datetime
) -> dict[int, set[Sign]]:
    calendar = engine.rulebook.calendar(connection, CALENDAR, now)
    linked = reviews.linked(connection, {row.case_id for row in rows})
    stood_in = reviews.stand_ins(connection)
    found: dict[int, set[Sign]] = {}
    for row in rows:
        signs = set(_of_names(engine, connection, row))
        if not in_hours(row.at, HOURS, calendar):
            signs.add(Sign.OFF_HOURS)
        if row.actor_id is not None and not _is_linked(row, linked, stood_in):
            signs.add(Sign.NO_TEAM_LINK)
        if signs:
            found[row.id] = signs
    for row_id in _bulk(rows, many):
        found.setdefault(row_id, set()).add(Sign.BULK)
    return found


def _of_names(engine: Engine, connection: Connection, row: Row[Any]) -> Iterator[Sign]:
    if not row.reader:
        return
    reader, person = row.reader.casefold().split(), name_of(engine, connection, row.person_id).casefold().split()
    if reader == person:
        yield Sign.OWN_NAME
    elif reader and person and reader[-1] == person[-1]:
        yield Sign.SAME_SURNAME


def _is_linked(
    row: Row[Any], linked: Mapping[int, frozenset[int]], stood_in: Sequence[tuple[int, Any, Any, int | None]]
) -> bool:
    """Say whether the reader had to do with the case: her own, one she has acted in, or a colleague's who was away."""
    if row.actor_id in linked.get(row.case_id, frozenset()):
        return True
    day = local_date(row.at)
    return any(
        deputy == row.actor_id and away in (row.coordinator_id, row.handler_id) and first <= day <= last
        for away, first, last, deputy in stood_in
    )


def _bulk(rows: Sequence[Row[Any]], many: int) -> set[int]:
    """Return the readings that lie within an hour in which their reader read about more than `many` persons."""
    found: set[int] = set()
    by_reader: dict[int | None, list[Row[Any]]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        window = by_reader.setdefault(row.actor_id, [])
        window.append(row)
        while window[0].at < row.at - AN_HOUR:
            window.pop(0)
        if len({one.person_id for one in window}) > many:
            found |= {one.id for one in window}
    return found


def _log_recognised(
    connection: Connection, rows: Sequence[Row[Any]], signs: Mapping[int, set[Sign]], actor: Actor, now: datetime
) -> None:
    told: set[str] = set()
    for row in rows:
        if signs.get(row.id, set()) & {Sign.OWN_NAME, Sign.SAME_SURNAME} and row.person_id not in told:
            told.add(row.person_id)
            case: CaseRow | None = cases.find_case_by_id(connection, row.case_id)
            if case is not None:
                log_reading(connection, case, actor, "review", now)
