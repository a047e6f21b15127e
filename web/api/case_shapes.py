"""A case as the API tells it. The names of its fields and facts are the definition's own."""

from datetime import date
from typing import Literal

from engine.inspecting import CaseLine, CaseView, MeetingLine, PauseLine
from web.api.shapes import Instant, Scalar, Shape, plain, plain_data
from web.languages import Language

BandName = Literal["overdue", "week", "later", "paused", "none"]


class CaseItem(Shape):
    """A case in a list, with its most urgent open deadline. `days` below zero: overdue by so many."""

    ref: str
    programme: str
    version: str
    state: str
    state_title: str
    unit: str
    coordinator: str | None
    deadline: str | None
    deadline_title: str | None
    due_on: date | None
    days: int | None
    band: BandName
    quiet: str | None
    quiet_until: date | None


class CaseList(Shape):
    """A page of cases, the most urgent first; `counts` by band, whatever band was asked for."""

    cases: list[CaseItem]
    counts: dict[str, int]
    total: int
    next_cursor: str | None


class Pause(Shape):
    """A pause; `until_on` null while it runs."""

    kind: str
    title: str
    from_on: date
    until_on: date | None


class Meeting(Shape):
    """The latest invitation of a meeting; `live` until it was cancelled."""

    kind: str
    title: str
    starts_at: Instant
    minutes: int
    place: str | None
    live: bool


class Case(Shape):
    """A case as this token may see it. Personal fields are never here: see `/person`.

    `entry` is the event with which it entered its state, `seq` its newest one.
    """

    ref: str
    programme: str
    version: str
    title: str
    state: str
    state_title: str
    final: bool
    entry: int
    seq: int
    unit: str
    coordinator: str | None
    handler: str | None
    opened_at: Instant
    closed_at: Instant | None
    fields: dict[str, Scalar]
    personal_fields: list[str]
    facts: dict[str, Scalar]
    pauses: list[Pause]
    meetings: list[Meeting]
    may: list[str]


def case_item(line: CaseLine, language: Language) -> CaseItem:
    """Return a line of the caseload."""
    return CaseItem(
        ref=line.ref,
        programme=line.programme,
        version=line.version,
        state=line.state,
        state_title=line.state_title.in_language(language),
        unit=line.unit,
        coordinator=line.coordinator,
        deadline=line.deadline,
        deadline_title=line.deadline_title.in_language(language) if line.deadline_title else None,
        due_on=line.due_on,
        days=line.days,
        band=line.band.value,
        quiet=line.quiet,
        quiet_until=line.quiet_until,
    )


def case_body(view: CaseView, language: Language) -> Case:
    """Return a case."""
    return Case(
        ref=view.ref,
        programme=view.programme,
        version=view.version,
        title=view.title.in_language(language),
        state=view.state,
        state_title=view.state_title.in_language(language),
        final=view.final,
        entry=view.entry_seq,
        seq=view.snapshot.seq,
        unit=view.unit,
        coordinator=view.coordinator,
        handler=view.handler,
        opened_at=view.opened_at,
        closed_at=view.closed_at,
        fields={line.name: plain(line.value) for line in view.fields if not line.personal},
        personal_fields=[line.name for line in view.fields if line.personal],
        facts=plain_data(view.facts),
        pauses=[pause_body(pause, language) for pause in view.pauses],
        meetings=[_meeting(meeting, language) for meeting in view.meetings],
        may=sorted(view.may),
    )


def pause_body(pause: PauseLine, language: Language) -> Pause:
    """Return a pause."""
    return Pause(
        kind=pause.kind, title=pause.title.in_language(language), from_on=pause.from_on, until_on=pause.until_on
    )


def _meeting(meeting: MeetingLine, language: Language) -> Meeting:
    return Meeting(
        kind=meeting.kind,
        title=meeting.title.in_language(language),
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        place=meeting.place.in_language(language) if meeting.place else None,
        live=meeting.live,
    )
