"""What is read: only what its reader may see, the most urgent first, in a bounded number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event, select, update

from access.actors import OPERATOR, Actor, Grant
from access.rules import Action, CaseFacts, may
from engine import inspecting_cases_query
from engine.errors import CaseNotFoundError, NotAllowedError, UnloggedReadError
from engine.inspecting import (
    Band,
    CaseFilter,
    CursorError,
    LedgerFilter,
    case_view,
    caseload,
    history_lines,
    identity_of,
    ledger_lines,
    outbox_lines,
    person_of,
    programme_titles,
    staff_list,
    system_view,
    units,
)
from engine.parts import Engine
from storage import tables
from tests.house import House, moment
from workflows.case import Builtin
from workflows.refusals import Why

TODAY = moment("2024-03-04")


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(engine.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.database.engine, "before_cursor_execute", note)


def test_the_caseload_begins_with_what_is_most_overdue(house: House) -> None:
    later, overdue, week = house.open_case("2024-03-01"), house.open_case("2024-01-15"), house.open_case("2024-02-07")
    found = caseload(house.engine, house.actor("coordinator"), TODAY)
    assert [line.ref for line in found.lines] == [overdue, week, later]
    assert [line.band for line in found.lines] == [Band.OVERDUE, Band.WEEK, Band.LATER]


def test_a_line_says_how_many_days_are_left(house: House) -> None:
    house.open_case("2024-02-07")
    (line,) = caseload(house.engine, house.actor("coordinator"), TODAY).lines
    assert (line.due_on, line.days) == (date(2024, 3, 7), 3)
    assert (line.deadline, line.unit, line.coordinator) == ("meeting", "Mottagning north", "Prov coordinator")


def test_the_counts_do_not_depend_on_the_band_that_is_shown(house: House) -> None:
    house.open_case("2024-01-15")
    house.open_case("2024-03-01")
    found = caseload(house.engine, house.actor("coordinator"), TODAY, CaseFilter(band=Band.OVERDUE))
    assert (found.counts[Band.OVERDUE], found.counts[Band.LATER], found.total, len(found.lines)) == (1, 1, 1, 1)


def test_a_case_whose_only_deadline_stands_still_is_paused(house: House) -> None:
    ref = house.open_case("2024-01-15")
    house.fire(ref, Builtin.PAUSE, TODAY, kind="parental_leave")
    (line,) = caseload(house.engine, house.actor("coordinator"), TODAY).lines
    assert (line.band, line.paused) == (Band.PAUSED, True)


def test_a_closed_case_is_listed_only_when_asked_for(house: House) -> None:
    ref = house.open_case("2024-01-15")
    house.fire(ref, "withdraw", TODAY, outcome="withdrawn")
    coordinator = house.actor("coordinator")
    assert caseload(house.engine, coordinator, TODAY).total == 0
    assert [line.ref for line in caseload(house.engine, coordinator, TODAY, CaseFilter(state="closed")).lines] == [ref]
    assert [
        line.ref for line in caseload(house.engine, coordinator, TODAY, CaseFilter(search=ref[:5].lower())).lines
    ] == [ref]


def test_pages_follow_one_another_without_gap_or_repetition(house: House) -> None:
    refs = set(house.open_many(7, "2024-02-01") + house.open_many(4, "2024-01-15"))
    coordinator, seen, cursor = house.actor("coordinator"), [], None
    for _ in range(4):
        page = caseload(house.engine, coordinator, TODAY, limit=3, cursor=cursor)
        seen += [line.ref for line in page.lines]
        cursor = page.next_cursor
    assert (len(seen), set(seen), cursor) == (11, refs, None)


def test_an_invented_cursor_is_refused(house: House) -> None:
    with pytest.raises(CursorError):
        caseload(house.engine, house.actor("coordinator"), TODAY, cursor="WzFd")


def test_filters_are_applied_together(house: House) -> None:
    mine, _ = house.open_case("2024-02-01"), house.open_case("2024-02-01", unit="south")
    filters = CaseFilter(unit="north", programme="prov", state="granted", coordinator=house.staff["coordinator"])
    assert [line.ref for line in caseload(house.engine, OPERATOR, TODAY, filters).lines] == [mine]


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(lambda h: h.actor("coordinator"), id="one unit"),
        pytest.param(lambda h: h.actor("project_lead"), id="everywhere"),
        pytest.param(lambda h: h.actor("handler"), id="handler of every case in north"),
        pytest.param(lambda h: Actor.staff(h.staff["deputy"], [Grant("handler", None)]), id="handler of none"),
        pytest.param(lambda h: Actor.staff(h.staff["deputy"], [Grant("funder", None)]), id="funder"),
        pytest.param(lambda h: Actor.staff(h.staff["handler"], []), id="no role"),
    ],
)
def test_the_list_shows_exactly_the_cases_that_one_by_one_may_be_seen(house: House, actor: object) -> None:
    house.open_case("2024-02-01")
    house.open_case("2024-02-01", unit="south")
    who: Actor = actor(house)  # type: ignore[operator]
    with house.engine.database.read() as connection:
        rows = connection.execute(select(tables.case)).all()
    allowed = {r.ref for r in rows if may(who, Action.SEE_CASE, CaseFacts(r.unit_id, r.coordinator_id, r.handler_id))}
    assert {line.ref for line in caseload(house.engine, who, TODAY).lines} == allowed


def test_a_long_list_costs_no_more_statements_than_a_short_one(house: House) -> None:
    house.open_many(60, "2024-02-01")
    coordinator = house.actor("coordinator")
    caseload(house.engine, coordinator, TODAY)
    with statements(house.engine) as seen:
        caseload(house.engine, coordinator, TODAY)
    assert len(seen) <= 5


def test_a_case_that_is_foreign_is_not_found(house: House) -> None:
    ref = house.open_case("2024-02-01", unit="south")
    with pytest.raises(CaseNotFoundError):
        case_view(house.engine, ref, house.actor("coordinator"), TODAY)


def test_a_case_shows_its_deadline_with_its_next_rung_and_whom_it_reaches(house: House) -> None:
    ref = house.open_case("2024-02-07")
    (line,) = case_view(house.engine, ref, house.actor("coordinator"), TODAY).deadlines
    assert (line.kind, line.status, line.days, line.rungs) == ("meeting", "open", 3, 8)
    assert [(slot.role, slot.channel, slot.name) for slot in line.next_slots] == [
        ("coordinator", "email", "Prov coordinator")
    ]


def test_an_ended_deadline_stays_on_the_page(house: House) -> None:
    ref = house.open_case("2024-02-07")
    house.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 3, 4), met_on=date(2024, 3, 4))
    view = case_view(house.engine, ref, house.actor("coordinator"), TODAY)
    assert [(line.kind, line.status) for line in view.deadlines] == [("follow_up", "open"), ("meeting", "met")]


def test_a_case_says_what_can_happen_next_and_why_the_rest_cannot(house: House) -> None:
    ref = house.open_case("2024-02-07")
    moves = {m.name: m for m in case_view(house.engine, ref, house.actor("coordinator"), TODAY).moves}
    assert moves["hold_meeting"].possible
    assert [asked.field.name for asked in moves["hold_meeting"].asks] == ["held_on", "met_on"]
    assert [r.why for r in moves["book_meeting"].why_not] == [Why.GUARD]
    assert [r.why for r in moves["hold_follow_up"].why_not] == [Why.WRONG_STATE]


def test_whoever_may_not_fire_a_move_is_told_which_roles_may(house: House) -> None:
    ref = house.open_case("2024-02-07")
    moves = {m.name: m for m in case_view(house.engine, ref, house.actor("project_lead"), TODAY).moves}
    assert [(r.why, r.allowed) for r in moves["hold_meeting"].why_not] == [(Why.WRONG_ROLE, ("coordinator", "deputy"))]


def test_the_timeline_holds_events_and_messages_newest_first(house: House) -> None:
    ref = house.open_case("2024-02-07")
    house.pass_time(moment("2024-02-22"))
    house.fire(ref, "record_consent", TODAY)
    lines = case_view(house.engine, ref, house.actor("coordinator"), TODAY).timeline
    assert [(line.kind, line.name) for line in lines] == [
        ("event", "record_consent"),
        ("message", "reminder"),
        ("event", "case.open"),
    ]
    assert (lines[1].outcome, lines[1].to.name if lines[1].to else None) == ("sent", "Prov coordinator")


def test_a_case_with_a_long_history_costs_no_more_statements(house: House) -> None:
    ref = house.open_case("2024-02-07")
    coordinator = house.actor("coordinator")
    for _ in range(10):
        house.fire(ref, "record_consent", TODAY)
    case_view(house.engine, ref, coordinator, TODAY)
    with statements(house.engine) as seen:
        case_view(house.engine, ref, coordinator, TODAY)
    assert len(seen) <= 12


def test_personal_values_are_on_no_page_of_a_case(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023", goals="Kunna åka buss ensam")
    view = case_view(house.engine, ref, house.actor("coordinator"), TODAY)
    assert "buss" not in repr(view)
    assert next(line for line in view.fields if line.name == "goals").personal


def test_who_a_case_is_about_is_read_with_a_line_in_the_log(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023", goals="Kunna åka buss ensam")
    person = person_of(house.engine, ref, house.actor("coordinator"), TODAY)
    assert person.identity.name.startswith("Prov Testperson")
    assert {line.name: line.value for line in person.fields}["goals"] == "Kunna åka buss ensam"
    with house.engine.database.read() as connection:
        (logged,) = connection.execute(select(tables.access_log)).all()
    assert (logged.actor_id, logged.action, logged.at) == (house.staff["coordinator"], "see_person", TODAY)


def test_a_personal_field_is_read_only_by_the_roles_it_is_visible_to(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023", goals="Kunna åka buss ensam")
    assert person_of(house.engine, ref, house.actor("unit_manager"), TODAY).fields == ()


@pytest.mark.parametrize("role", ["project_lead", "handler", "admin"])
def test_who_may_not_see_the_person_leaves_no_line_in_the_log(house: House, role: str) -> None:
    ref = house.open_case()
    with pytest.raises(NotAllowedError):
        identity_of(house.engine, ref, house.actor(role), TODAY)
    assert house.count("access_log") == 0


def test_a_reading_that_cannot_be_logged_is_refused(house: House) -> None:
    ref = house.open_case()
    with house.engine.database.write() as connection:
        tables.access_log.drop(connection)
    with pytest.raises(UnloggedReadError):
        identity_of(house.engine, ref, house.actor("coordinator"), TODAY)


def test_the_ledger_counts_what_became_of_every_rung(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-04-15"))
    found = ledger_lines(house.engine, house.actor("coordinator"), moment("2024-04-15"))
    assert sum(found.counts.values()) == len(found.lines) == len(house.ledger(ref))
    sent = ledger_lines(house.engine, house.actor("coordinator"), TODAY, LedgerFilter(outcome="sent", ref=ref))
    assert {line.outcome for line in sent.lines} == {"sent"}
    assert sent.counts == found.counts


def test_the_ledger_is_paged_without_gap_or_repetition(house: House) -> None:
    house.open_many(3, "2024-01-31")
    house.pass_time(moment("2024-04-15"))
    lead, seen, cursor = house.actor("project_lead"), [], None
    for _ in range(20):
        page = ledger_lines(house.engine, lead, TODAY, limit=5, cursor=cursor)
        seen += [(line.ref, line.deadline, line.rung, line.slot) for line in page.lines]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (house.count("ledger"), house.count("ledger"))


def test_a_day_of_the_ledger_is_a_day_in_stockholm(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-15", "08:00"))
    admin = house.actor("admin")
    on_the_day = LedgerFilter(since=date(2024, 2, 15), until=date(2024, 2, 15))
    assert len(ledger_lines(house.engine, admin, TODAY, on_the_day).lines) == 1
    assert ledger_lines(house.engine, admin, TODAY, LedgerFilter(since=date(2024, 2, 16))).lines == ()


def test_the_ledger_of_a_foreign_unit_is_empty(house: House) -> None:
    house.open_case("2024-01-31", unit="south")
    house.pass_time(moment("2024-04-15"))
    assert ledger_lines(house.engine, house.actor("coordinator"), TODAY).lines == ()


def test_a_history_names_who_acted(house: House) -> None:
    ref = house.open_case("2024-02-07")
    house.fire(ref, "record_consent", TODAY)
    lines = history_lines(house.engine, ref, house.actor("coordinator"), TODAY)
    assert [(line.seq, line.event, line.actor, line.actor_kind) for line in lines] == [
        (1, "case.open", None, "cli"),
        (2, "record_consent", "Prov coordinator", "staff"),
    ]


def test_the_outbox_says_what_waits(house: House) -> None:
    ref = house.open_case("2024-02-07")
    house.fire(ref, "record_consent", TODAY)
    house.fire(ref, "book_meeting", TODAY, meeting_at=moment("2024-03-20"), place="clinic")
    waiting = outbox_lines(house.engine, house.actor("coordinator"), TODAY, state="queued")
    assert {(line.kind, line.ref, line.slot, line.is_due) for line in waiting} == {
        ("invite", ref, "coordinator:email", True),
        ("invite", ref, "handler:email", True),
    }


def test_units_are_those_whose_cases_may_be_seen(house: House) -> None:
    assert [unit.code for unit in units(house.engine, house.actor("coordinator"))] == ["north"]
    assert [unit.code for unit in units(house.engine, house.actor("project_lead"))] == ["north", "south"]


def test_staff_are_listed_with_roles_and_absences(house: House) -> None:
    house.away("coordinator", "2024-03-01", "2024-03-10")
    found = {member.email: member for member in staff_list(house.engine, house.actor("admin"), TODAY)}
    coordinator = found["coordinator@bevaka.example"]
    assert [(role.role, role.unit) for role in coordinator.roles] == [("coordinator", "north")]
    assert coordinator.away_until == date(2024, 3, 10)


def test_the_system_is_seen_by_whoever_runs_it(house: House) -> None:
    house.open_case("2024-01-31")
    view = system_view(house.engine, house.actor("admin"), TODAY)
    assert (view.open_cases, view.open_deadlines, view.waiting) == (1, 1, 1)
    with pytest.raises(NotAllowedError):
        system_view(house.engine, house.actor("coordinator"), TODAY)


def test_what_was_given_up_is_counted(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-15"))
    with house.engine.database.write() as connection:
        connection.execute(update(tables.outbox).values(state="dead"))
    assert system_view(house.engine, OPERATOR, TODAY).outbox["dead"] == 1


def test_programmes_are_listed_with_the_titles_of_their_states(house: House) -> None:
    prov = next(p for p in programme_titles(house.engine, TODAY) if p.programme == "prov")
    assert prov.states["following"].sv == "Plan följs"


def test_a_house_of_very_many_cases_counts_the_same_or_says_that_it_does_not_know(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.open_many(4, "2024-01-15")
    house.open_many(3, "2024-02-07")
    house.fire(house.open_case("2024-01-15"), Builtin.PAUSE, TODAY, kind="parental_leave")
    few = caseload(house.engine, house.actor("coordinator"), TODAY)
    monkeypatch.setattr(inspecting_cases_query, "MOST_LOOKED_THROUGH", 2)
    many = caseload(house.engine, house.actor("coordinator"), TODAY)
    assert (many.counts, many.lines) == (few.counts, few.lines)
    assert many.uncounted == {Band.NONE}
    monkeypatch.setattr(inspecting_cases_query, "MOST_WALKED", 2)
    assert Band.OVERDUE in caseload(house.engine, house.actor("coordinator"), TODAY).uncounted
