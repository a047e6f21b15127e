"""The house itself: its programmes, units, people, channels and how it is. Never whom a case is about."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import StringConstraints

from access.rules import Action
from engine.connecting import connected_teams, set_team_channel
from engine.inspecting import StaffLine, staff_list, system_view, units
from engine.inspecting_definitions import newest_definitions
from engine.parts import Engine
from engine.staffing import add_staff, add_unit, grant_role, revoke_role, set_absence, set_active
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.problems import ChannelAwayError
from web.api.shapes import Day, Email, Instant, Shape
from web.languages import Language
from workflows.model import Definition

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["house"])
UnitCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,120}$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class FieldInfo(Shape):
    """A field a case of the programme knows."""

    name: str
    title: str
    type: str
    required: bool
    personal: bool
    choices: dict[str, str]


class Programme(Shape):
    """A programme in its newest version: new cases are opened in it."""

    programme: str
    version: str
    title: str
    states: dict[str, str]
    deadlines: dict[str, str]
    fields: list[FieldInfo]


class Programmes(Shape):
    """Every published programme."""

    programmes: list[Programme]


class Unit(Shape):
    """A unit."""

    id: int
    code: str
    title: str


class Units(Shape):
    """The units in which this token may see cases."""

    units: list[Unit]


class NewUnit(Shape):
    """A unit to add."""

    code: UnitCode
    title: Title


class RoleHeld(Shape):
    """A role somebody holds; `unit` null: in every unit."""

    role: str
    unit: str | None


class Member(Shape):
    """A member of staff; `away_until` is the last day of an absence that runs today."""

    id: int
    name: str
    email: str
    language: str
    active: bool
    roles: list[RoleHeld]
    away_until: date | None


class People(Shape):
    """Everybody, by name."""

    people: list[Member]


class NewMember(Shape):
    """A member of staff to add, without any role yet."""

    email: Email
    name: Title
    language: Literal["sv", "en"] = "sv"


class RoleChange(Shape):
    """A role to give or to take back; `unit` null: in every unit."""

    email: Email
    role: RoleName
    unit: UnitCode | None = None


class Presence(Shape):
    """Whether somebody works here; who does not has no sessions and no tokens."""

    email: Email
    active: bool


class Absence(Shape):
    """Somebody is away from the first to the last day; the deputy takes over."""

    email: Email
    from_on: Day
    until_on: Day
    deputy: Email | None = None


class Done(Shape):
    """It is done."""

    done: Literal[True] = True


class Channel(Shape):
    """A unit's Teams connection; `label` is all of its address that is shown."""

    unit: str
    label: str
    language: str
    refused: int
    broken_at: Instant | None


class Channels(Shape):
    """Every Teams connection."""

    channels: list[Channel]


class NewChannel(Shape):
    """A unit's Teams connection, in place of the one it had. The address is never shown again."""

    unit: UnitCode
    url: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,2048}$")]
    language: Literal["sv", "en"] = "sv"


class ChannelSet(Shape):
    """All of the address that is shown from now on."""

    unit: str
    label: str


class System(Shape):
    """How the house is."""

    open_cases: int
    open_deadlines: int
    overdue_deadlines: int
    waiting: int
    oldest_waiting: Instant | None
    next_moment: Instant | None
    outbox: dict[str, int]
    oldest_queued: Instant | None
    ticks: dict[str, Instant]
    email: bool
    teams: bool
    held: int
    on_hold: bool
    pausing: list[str]


@router.get("/programmes", operation_id="list_programmes", response_model=Programmes)
def tell_programmes(call: CallDep) -> Response:
    """Give every programme with its states, deadlines and fields: what /cases can be filtered by and opened with."""
    call.acting(Action.SEE_CASE)
    found = newest_definitions(call.engine, call.now)
    return call.answer(Programmes(programmes=[_programme(one, call.language) for one in found]))


@router.get("/units", operation_id="list_units", response_model=Units)
def tell_units(call: CallDep) -> Response:
    """Give the units in which this token may see cases."""
    return call.answer(_units(call, call.engine))


@router.post("/units", operation_id="add_unit", status_code=201, response_model=Units)
def receive_unit(call: CallDep, wanted: NewUnit) -> Response:
    """Add a unit."""
    actor = call.acting(Action.MANAGE_UNITS)

    def act(engine: Engine) -> Answer:
        add_unit(engine, wanted.code, wanted.title, actor)
        return Answer(_units(call, engine), 201)

    return call.once(act)


@router.get("/people", operation_id="list_people", response_model=People)
def tell_people(call: CallDep) -> Response:
    """Give everybody who works here, with roles and absences."""
    actor = call.acting(Action.SEE_PEOPLE)
    return call.answer(People(people=[_member(line) for line in staff_list(call.engine, actor, call.now)]))


@router.post("/people", operation_id="add_person", status_code=201, response_model=Done)
def receive_member(call: CallDep, wanted: NewMember) -> Response:
    """Add a member of staff. She comes in once she is invited and has a role."""
    actor = call.acting(Action.MANAGE_PEOPLE)

    def act(engine: Engine) -> Answer:
        add_staff(engine, wanted.email, wanted.name, actor, language=wanted.language)
        return Answer(Done(), 201)

    return call.once(act)


@router.post("/people/presence", operation_id="set_presence", response_model=Done)
def receive_presence(call: CallDep, wanted: Presence) -> Response:
    """Let somebody work here again, or no longer."""
    actor = call.acting(Action.MANAGE_PEOPLE)

    def act(engine: Engine) -> Answer:
        set_active(engine, wanted.email, wanted.active, actor)
        return Answer(Done())

    return call.once(act)


@router.post("/people/roles", operation_id="grant_role", status_code=201, response_model=Done)
def receive_role(call: CallDep, wanted: RoleChange) -> Response:
    """Give a role."""
    actor = call.acting(Action.MANAGE_PEOPLE)

    def act(engine: Engine) -> Answer:
        grant_role(engine, wanted.email, wanted.role, wanted.unit, actor)
        return Answer(Done(), 201)

    return call.once(act)


@router.post("/people/roles/revoke", operation_id="revoke_role", response_model=Done)
def receive_end_of_role(call: CallDep, wanted: RoleChange) -> Response:
    """Take a role back."""
    actor = call.acting(Action.MANAGE_PEOPLE)

    def act(engine: Engine) -> Answer:
        revoke_role(engine, wanted.email, wanted.role, wanted.unit, actor)
        return Answer(Done())

    return call.once(act)


@router.post("/people/absences", operation_id="note_absence", status_code=201, response_model=Done)
def receive_absence(call: CallDep, wanted: Absence) -> Response:
    """Note that somebody is away, and who takes over meanwhile."""
    actor = call.acting(Action.MANAGE_ABSENCES)

    def act(engine: Engine) -> Answer:
        set_absence(engine, wanted.email, wanted.from_on, wanted.until_on, wanted.deputy, actor)
        return Answer(Done(), 201)

    return call.once(act)


@router.get("/channels", operation_id="list_channels", response_model=Channels)
def tell_channels(call: CallDep) -> Response:
    """Give every unit's Teams connection, without its address."""
    found = connected_teams(call.engine, call.acting(Action.SEE_CHANNELS))
    channels = [
        Channel(unit=one.unit, label=one.label, language=one.language, refused=one.refused, broken_at=one.broken_at)
        for one in found
    ]
    return call.answer(Channels(channels=channels))


@router.post("/channels", operation_id="set_channel", response_model=ChannelSet)
def receive_channel(call: CallDep, wanted: NewChannel) -> Response:
    """Give a unit its Teams connection."""
    actor = call.acting(Action.MANAGE_CHANNELS)

    def act(engine: Engine) -> Answer:
        settings = getattr(engine.teams, "settings", None)
        if settings is None:
            raise ChannelAwayError
        label = set_team_channel(engine, wanted.unit, wanted.url, settings, actor, language=wanted.language)
        return Answer(ChannelSet(unit=wanted.unit, label=label))

    return call.once(act)


@router.get("/system", operation_id="get_system", response_model=System)
def tell_system(call: CallDep) -> Response:
    """Say how the house is: what waits, what is stuck, when the clock last ticked. No case is named."""
    view = system_view(call.engine, call.acting(Action.RUN), call.now)
    names = ("open_cases", "open_deadlines", "overdue_deadlines", "waiting", "oldest_waiting", "next_moment")
    more = ("oldest_queued", "email", "teams", "held", "on_hold")
    plain = {name: getattr(view, name) for name in (*names, *more)}
    pausing = [one.channel for one in view.pausing if one.open_until is not None]
    return call.answer(System(**plain, outbox=dict(view.outbox), ticks=dict(view.ticks), pausing=pausing))


def _units(call: Call, engine: Engine) -> Units:
    found = units(engine, call.bearer.actor)
    return Units(units=[Unit(id=one.id, code=one.code, title=one.title) for one in found])


def _programme(one: Definition, language: Language) -> Programme:
    return Programme(
        programme=one.programme,
        version=one.version,
        title=one.title.in_language(language),
        states={state.name: state.title.in_language(language) for state in one.states.values()},
        deadlines={deadline.name: deadline.title.in_language(language) for deadline in one.deadlines.values()},
        fields=[
            FieldInfo(
                name=asked.name,
                title=asked.title.in_language(language),
                type=asked.type.value,
                required=asked.required,
                personal=asked.personal,
                choices={name: title.in_language(language) for name, title in asked.choices.items()},
            )
            for asked in one.fields.values()
        ],
    )


def _member(line: StaffLine) -> Member:
    return Member(
        id=line.id,
        name=line.name,
        email=line.email,
        language=line.language,
        active=line.active,
        roles=[RoleHeld(role=held.role, unit=held.unit) for held in line.roles],
        away_until=line.away_until,
    )
