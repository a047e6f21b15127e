"""What a handler at another authority sees of her cases: what was disclosed to her and nothing else, everywhere."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from access.consents import CARE, FK, Form, Giver, Purpose, Terms
from access.identities import Identity
from engine.consent_rows import HANDLER
from engine.consenting import consent_lines, record_consent, withdraw_consent
from engine.disclosing import disclose, disclosed_to
from engine.errors import DisclosureRefusedError, NotAllowedError
from engine.inspecting import (
    Band,
    CaseFilter,
    CaseView,
    case_view,
    caseload,
    history_lines,
    ledger_lines,
    outbox_lines,
    units,
)
from engine.opening import NewCase, open_cases
from storage import tables
from tests.house import House, moment

RECORDED, NOW = moment("2024-02-05"), moment("2024-02-22")
TERMS = Terms(
    Giver.PERSON,
    CARE,
    HANDLER,
    Purpose.COORDINATION,
    frozenset({"meetings", "plan", "identity"}),
    Form.WRITTEN,
    RECORDED.date(),
    date(2024, 12, 31),
)


@pytest.fixture
def house(sqlite_house: House) -> House:
    """The clinic; what is shown does not depend on the database."""
    return sqlite_house


@pytest.fixture
def ref(house: House) -> str:
    """A case of AKTIV with goals, whose person has agreed that FK's handler is told of meetings and plan."""
    opened = house.open_case("2024-01-31", programme="aktiv-2023")
    house.fire(opened, "case.amend", RECORDED, goals="Sova om natten")
    record_consent(house.engine, opened, TERMS, house.actor("coordinator"), RECORDED)
    return opened


def seen(house: House, ref: str, role: str = "handler") -> CaseView:
    return case_view(house.engine, ref, house.actor(role), NOW)


def test_of_a_case_she_sees_reference_state_and_her_own_deadlines(house: House, ref: str) -> None:
    view = seen(house, ref)
    assert (view.ref, view.state_title.sv, view.disclosed_only) == (ref, "Beviljad", True)
    assert {line.kind for line in view.deadlines} < {line.kind for line in seen(house, ref, "coordinator").deadlines}
    assert {line.explanation for line in view.deadlines} <= {None}
    assert (view.unit, view.coordinator, view.facts, view.fields, view.meetings) == ("", None, {}, (), ())
    assert (dict(view.snapshot.data), dict(view.snapshot.watch)) == ({}, {})


def test_a_deadline_is_hers_when_its_ladder_addresses_her(house: House, ref: str) -> None:
    assert [line.kind for line in seen(house, ref).deadlines] == ["first_meeting"]


def test_without_consent_she_sees_no_deadline(house: House, ref: str) -> None:
    withdraw_consent(house.engine, ref, CARE, FK, house.actor("coordinator"), RECORDED)
    assert seen(house, ref).deadlines == ()


def test_a_disclosed_field_is_on_the_page_and_a_personal_one_without_its_value(house: House, ref: str) -> None:
    disclose(house.engine, ref, ["goals"], house.actor("coordinator"), RECORDED)
    (line,) = seen(house, ref).fields
    assert (line.name, line.personal, line.value) == ("goals", True, None)


def test_the_page_shows_the_value_of_the_moment_of_disclosure(house: House, ref: str) -> None:
    disclose(house.engine, ref, ["decision_date"], house.actor("coordinator"), RECORDED, asked_on=date(2024, 2, 1))
    house.fire(ref, "case.amend", RECORDED, decision_date=date(2024, 1, 30))
    (line,) = seen(house, ref).fields
    assert (line.name, line.value) == ("decision_date", date(2024, 1, 31))


def test_the_timeline_and_history_tell_her_of_disclosures_and_of_no_colleague(house: House, ref: str) -> None:
    disclose(house.engine, ref, ["goals"], house.actor("coordinator"), RECORDED)
    assert [(line.name, line.by) for line in seen(house, ref).timeline] == [("case.disclose", None)]
    lines = history_lines(house.engine, ref, house.actor("handler"), NOW)
    assert [(line.event, line.actor) for line in lines] == [("case.disclose", None)]


def test_nothing_of_her_cases_is_in_the_lists_of_care(house: House, ref: str) -> None:
    house.pass_time(NOW)
    handler = house.actor("handler")
    assert ledger_lines(house.engine, handler, NOW).lines == ()
    assert outbox_lines(house.engine, handler, NOW) == ()
    assert units(house.engine, handler) == ()
    with pytest.raises(NotAllowedError):
        consent_lines(house.engine, ref, handler, NOW)


def test_her_list_of_cases_names_neither_clinic_nor_coordinator(house: House, ref: str) -> None:
    (line,) = caseload(house.engine, house.actor("handler"), NOW).lines
    assert (line.ref, line.unit, line.coordinator) == (ref, "", None)


def test_she_may_do_nothing_that_the_definition_does_not_let_her(house: House, ref: str) -> None:
    view = seen(house, ref)
    assert (view.may, [move.name for move in view.moves]) == (frozenset(), [])


def protected(house: House) -> str:
    first = {"decision_date": date(2024, 1, 31), "benefit_from": date(2024, 1, 1), "benefit_until": date(2025, 12, 31)}
    plain = house.identity()
    with house.engine.database.write() as connection:
        rules = house.engine.rulebook.newest(connection, "prov", RECORDED)
        identity = Identity(plain.name, plain.number, protected=True)
        new = NewCase(identity, first, house.units["north"], house.staff["coordinator"], house.staff["handler"])
        (opened,) = open_cases(connection, house.engine.vault, rules, [new], house.actor("coordinator"), RECORDED)
    record_consent(house.engine, opened.ref, TERMS, house.actor("coordinator"), RECORDED)
    return opened.ref


def test_who_a_protected_person_is_is_disclosed_to_nobody(house: House) -> None:
    with pytest.raises(DisclosureRefusedError):
        disclose(house.engine, protected(house), ["person.name"], house.actor("coordinator"), RECORDED)


def test_who_becomes_protected_is_shown_no_more(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record_consent(house.engine, ref, TERMS, house.actor("coordinator"), RECORDED)
    disclose(house.engine, ref, ["person.name"], house.actor("coordinator"), RECORDED)
    vault = house.engine.vault
    with house.engine.database.write() as connection:
        row = connection.execute(tables.person.select()).one()
        sealed = vault.seal(row.id, replace(house.identity(), protected=True))
        values = {name: getattr(sealed, name) for name in ("key_id", "wrapped_key", "nonce", "ciphertext")}
        connection.execute(update(tables.person).values(protected=True, **values))
    assert disclosed_to(house.engine, ref, house.actor("handler"), NOW) == ()


def test_what_she_may_not_see_cannot_be_asked_for_nor_read_off_the_order(house: House, ref: str) -> None:
    later, handler = house.open_case("2024-02-20"), house.actor("handler")
    found = caseload(house.engine, handler, moment("2024-04-15"))
    assert [line.ref for line in found.lines] == sorted([ref, later])
    assert {band: number for band, number in found.counts.items() if number} == {Band.NONE: 2}
    for filters in (CaseFilter(unit="north"), CaseFilter(band=Band.OVERDUE), CaseFilter(kind="final_meeting")):
        assert caseload(house.engine, handler, moment("2024-04-15"), filters).lines == ()
