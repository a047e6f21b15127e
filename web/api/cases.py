"""Cases: listed, opened, read and assigned; and whom one is about, which is logged."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from access.identities import Identity
from access.personnumbers import PersonalNumber
from access.rules import Action
from engine.inspecting import Band, CaseFilter, case_view, caseload, person_of
from engine.inspecting_definitions import newest_definition
from engine.opening_one import WantedCase, open_case
from engine.parts import Engine
from engine.staffing import assign_case
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.case_shapes import BandName, Case, CaseList, case_body, case_item
from web.api.listing import Paged, next_link
from web.api.shapes import Answers, Email, Name, RefPath, Scalar, Shape, plain, typed
from web.api.tags import is_known, tag_of
from workflows.dates import local_date

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["cases"])
UnitCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
PersonName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class CaseQuery(Paged):
    """Which cases are wanted. Closed ones are left out unless a state or a beginning of a reference is asked for."""

    unit: UnitCode | None = Field(None, description="A unit's code.")
    coordinator: Annotated[int | None, Field(ge=1, le=2**53 - 1, description="`id` of GET /people.")] = None
    programme: Name | None = None
    state: Name | None = None
    band: BandName | None = None
    search: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,12}$")] | None = Field(
        None, description="What the reference begins with."
    )


class NewPerson(Shape):
    """Whom a case is about. `number` is a personal identity number or coordination number."""

    name: PersonName
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{2})?[-+]?[0-9]{4}$")]
    municipality: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,80}$")] = ""
    protected: bool = Field(default=False, description="Skyddade personuppgifter.")


class CaseToOpen(Shape):
    """A case to open, in the newest version of a programme."""

    programme: Name
    unit: UnitCode
    person: NewPerson
    answers: Answers
    coordinator: Email | None = None
    handler: Email | None = None
    first_grant: bool = True


class Assignment(Shape):
    """Who is to answer for a case; what is left out stays as it is."""

    coordinator: Email | None = None
    handler: Email | None = None


class Person(Shape):
    """Whom a case is about, and the personal fields this token may read."""

    name: str
    number: str
    municipality: str
    protected: bool
    fields: dict[str, Scalar]


@router.get("/cases", operation_id="list_cases", response_model=CaseList)
def tell_cases(call: CallDep, query: Annotated[CaseQuery, Query()]) -> Response:
    """Give the cases this token may see, the most urgent first: references, steps and dates."""
    actor = call.acting(Action.SEE_CASE)
    found = caseload(call.engine, actor, call.now, _filter(query), query.limit, query.cursor)
    body = CaseList(
        cases=[case_item(line, call.language) for line in found.lines],
        counts={band.value: number for band, number in found.counts.items()},
        total=found.total,
        next_cursor=found.next_cursor,
    )
    return call.answer(body, headers=next_link(call, found.next_cursor))


@router.post("/cases", operation_id="open_case", status_code=201, response_model=Case)
def receive_case(call: CallDep, wanted: CaseToOpen) -> Response:
    """Open a case. One decision of a person opens one case, however often it is sent."""
    actor = call.acting(Action.OPEN)

    def act(engine: Engine) -> Answer:
        opened = open_case(engine, _wanted(engine, wanted, call), actor, call.now)
        return case_answer(call, engine, opened.ref, 201, {"Location": f"/api/v1/cases/{opened.ref}"})

    return call.once(act)


@router.get("/cases/{ref}", operation_id="get_case", response_model=Case)
def tell_case(call: CallDep, ref: RefPath, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Give a case. `ETag` names what was seen of it; with If-None-Match the answer is 304 while that is so."""
    call.acting(Action.SEE_CASE)
    answer = case_answer(call, call.engine, ref)
    if is_known(if_none_match, answer.headers["ETag"]):
        return call.answer(None, 304, answer.headers)
    return call.answer(answer.body, headers=answer.headers)


@router.get("/cases/{ref}/person", operation_id="get_person", response_model=Person)
def tell_person(call: CallDep, ref: RefPath) -> Response:
    """Say whom a case is about. The reading is logged first; one that cannot be logged is refused."""
    actor = call.acting(Action.SEE_PERSON)
    view = person_of(call.engine, ref, actor, call.now)
    who = view.identity
    body = Person(
        name=who.name,
        number=who.number.digits,
        municipality=who.municipality,
        protected=who.protected,
        fields={line.name: plain(line.value) for line in view.fields},
    )
    return call.answer(body)


@router.post("/cases/{ref}/assignment", operation_id="assign_case", response_model=Case)
def receive_assignment(call: CallDep, ref: RefPath, wanted: Assignment) -> Response:
    """Make somebody a case's coordinator, or its handler at FK."""
    actor = call.acting(Action.ASSIGN)

    def act(engine: Engine) -> Answer:
        assign_case(engine, ref, actor, coordinator=wanted.coordinator, handler=wanted.handler)
        return case_answer(call, engine, ref)

    return call.once(act)


def case_answer(
    call: Call, engine: Engine, ref: str, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    """Return a case as an answer, with its ETag."""
    view = case_view(engine, ref, call.bearer.actor, call.now)
    body = case_body(view, call.language)
    return Answer(body, status, {"ETag": tag_of(view, body), **(headers or {})})


def _filter(query: CaseQuery) -> CaseFilter:
    return CaseFilter(
        unit=query.unit,
        coordinator=query.coordinator,
        programme=query.programme,
        state=query.state,
        band=Band(query.band) if query.band else None,
        search=query.search,
    )


def _wanted(engine: Engine, wanted: CaseToOpen, call: Call) -> WantedCase:
    who = wanted.person
    number = PersonalNumber.parse(who.number, today=local_date(call.now))
    fields = newest_definition(engine, wanted.programme, call.now).fields
    return WantedCase(
        programme=wanted.programme,
        unit=wanted.unit,
        identity=Identity(who.name, number, who.municipality, who.protected),
        data=typed(fields, wanted.answers),
        coordinator=wanted.coordinator,
        handler=wanted.handler,
        first_grant=wanted.first_grant,
    )
