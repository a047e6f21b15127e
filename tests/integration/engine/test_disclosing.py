"""What another authority is told: named fields on a legal ground, each time an event (facts/trust.md T15)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from access.consents import CARE, FK, Basis, Form, Giver, Ground, Lack, Purpose, Recipient, Terms
from engine.anonymity import identifiable, note_protected
from engine.consent_rows import HANDLER
from engine.consenting import record_consent, withdraw_consent
from engine.delivering import deliver
from engine.disclosing import DisclosedField, disclose, disclosed_to
from engine.errors import CaseNotFoundError, DisclosureRefusedError, NotAllowedError, UnknownFieldError
from engine.firing import preview
from engine.replaying import replay_all
from engine.sweeping import sweep
from storage import tables
from storage.trust_tables import disclosure
from tests.house import House, moment
from tests.models.reading import fate
from workflows.case import Event
from workflows.guards import Value
from workflows.refusals import EventRefusedError

RECORDED = moment("2024-02-05")
TOLD = moment("2024-02-06")
NOW = moment("2024-02-22")  # the rung that also goes to the handler
TERMS = Terms(
    Giver.PERSON,
    CARE,
    HANDLER,
    Purpose.COORDINATION,
    frozenset({"meetings", "plan"}),
    Form.WRITTEN,
    RECORDED.date(),
    date(2024, 12, 31),
)


@pytest.fixture
def ref(house: House) -> str:
    """A case of AKTIV whose coordinator knows the person's goals."""
    opened = house.open_case("2024-01-31", programme="aktiv-2023")
    house.fire(opened, "case.amend", RECORDED, goals="Sova om natten")
    return opened


def agree(house: House, ref: str, terms: Terms = TERMS) -> None:
    record_consent(house.engine, ref, terms, house.actor("coordinator"), RECORDED)


def tell(house: House, ref: str, *fields: str, role: str = "coordinator", asked_on: date | None = None) -> Basis:
    return disclose(house.engine, ref, fields, house.actor(role), TOLD, asked_on=asked_on)


def seen(house: House, ref: str, role: str = "handler") -> dict[str, DisclosedField]:
    return {field.name: field for field in disclosed_to(house.engine, ref, house.actor(role), NOW)}


def test_a_handler_sees_what_was_disclosed_to_her_and_nothing_else(house: House, ref: str) -> None:
    agree(house, ref)
    tell(house, ref, "goals")
    assert {name: field.value for name, field in seen(house, ref).items()} == {"goals": "Sova om natten"}


def test_before_anything_is_disclosed_she_sees_nothing_and_nothing_is_logged(house: House, ref: str) -> None:
    agree(house, ref)
    assert seen(house, ref) == {}
    assert house.count("access_log") == 0


def test_her_reading_is_logged(house: House, ref: str) -> None:
    agree(house, ref)
    tell(house, ref, "goals")
    seen(house, ref)
    with house.engine.database.read() as connection:
        row = connection.execute(select(tables.access_log)).one()
    assert (row.action, row.actor_id) == ("see_disclosed", house.staff["handler"])


def test_what_changes_after_the_disclosure_is_not_disclosed(house: House, ref: str) -> None:
    agree(house, ref)
    tell(house, ref, "goals")
    house.fire(ref, "case.amend", TOLD + timedelta(hours=1), goals="Något annat")
    assert seen(house, ref)["goals"].value == "Sova om natten"


def test_a_disclosure_is_an_event_with_fields_recipient_ground_and_time(house: House, ref: str) -> None:
    agree(house, ref)
    basis = tell(house, ref, "goals", "plan_agreed_on")
    with house.engine.database.read() as connection:
        row = connection.execute(select(disclosure)).one()
        event = connection.execute(select(tables.history).where(tables.history.c.seq == row.seq)).one()
    assert (row.fields, row.to_party, row.recipient_id, row.at) == (
        ["goals", "plan_agreed_on"],
        "fk",
        house.staff["handler"],
        TOLD,
    )
    assert (event.event, event.answers["fields"], event.answers["ground"]) == (
        "case.disclose",
        "goals,plan_agreed_on",
        "consent",
    )
    assert (basis.ground, list(basis.consents)) == (Ground.CONSENT, row.consents)
    assert replay_all(house.engine, NOW, ref).divergences == ()


def test_what_fk_asks_for_itself_needs_no_consent_and_says_so(house: House, ref: str) -> None:
    basis = tell(house, ref, "goals", asked_on=date(2024, 2, 6))
    assert basis == Basis(Ground.FK_REQUEST)
    assert seen(house, ref)["goals"].ground is Ground.FK_REQUEST


def test_what_fk_was_answered_by_law_stays_when_a_consent_ends(house: House, ref: str) -> None:
    agree(house, ref)
    tell(house, ref, "goals", asked_on=date(2024, 2, 6))
    withdraw_consent(house.engine, ref, CARE, FK, house.actor("coordinator"), NOW)
    assert set(seen(house, ref)) == {"goals"}


def test_a_field_nobody_agreed_on_is_not_told_and_leaves_no_trace(house: House, ref: str) -> None:
    agree(house, ref)
    before = house.count("history")
    with pytest.raises(DisclosureRefusedError) as refused:
        tell(house, ref, "goals", "evaluation")
    assert (refused.value.refused.reasons, refused.value.refused.fields) == (
        (Lack.FIELD_NOT_COVERED,),
        ("evaluation",),
    )
    assert (house.count("history"), house.count("disclosure")) == (before, 0)


def test_a_name_is_told_where_it_was_agreed_on(house: House, ref: str) -> None:
    agree(house, ref, replace(TERMS, groups=frozenset({"identity"})))
    tell(house, ref, "person.name")
    assert str(seen(house, ref)["person.name"].value).startswith("Prov Testperson")


def test_a_field_that_does_not_exist_is_refused_with_those_that_do(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(UnknownFieldError) as refused:
        tell(sqlite_house, ref, "diary", asked_on=date(2024, 2, 6))
    assert "held_on" in refused.value.allowed


def test_an_administrator_tells_nothing(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        tell(sqlite_house, ref, "held_on", role="admin", asked_on=date(2024, 2, 6))


@pytest.mark.parametrize("role", ["coordinator", "unit_manager", "admin"])
def test_only_the_cases_own_handler_reads_what_was_disclosed(sqlite_house: House, role: str) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(CaseNotFoundError):
        seen(sqlite_house, ref, role)


def test_a_value_that_was_disclosed_is_never_printed(house: House, ref: str) -> None:
    agree(house, ref)
    tell(house, ref, "goals")
    assert "Sova" not in repr(seen(house, ref))


# --- T15: every state of a consent by everything that hangs on it ---

Arrange = Callable[[House, str], None]
Act = Callable[[House, str], bool]


def nothing(house: House, ref: str) -> None:
    """The person was never asked."""


def active(house: House, ref: str) -> None:
    agree(house, ref)


def expired(house: House, ref: str) -> None:
    agree(house, ref, replace(TERMS, valid_until=date(2024, 2, 21)))


def withdrawn(house: House, ref: str) -> None:
    agree(house, ref)
    withdraw_consent(house.engine, ref, CARE, FK, house.actor("coordinator"), RECORDED + timedelta(days=2))


def wrong_field(house: House, ref: str) -> None:
    agree(house, ref, replace(TERMS, groups=frozenset({"benefit"})))


def wrong_recipient(house: House, ref: str) -> None:
    agree(house, ref, replace(TERMS, to=Recipient("af", "handler")))


def remind_the_handler(house: House, ref: str) -> bool:
    sweep(house.engine, NOW)
    deliver(house.engine, NOW)
    return fate(house, ref, "r2", "handler:email") == ("sent", None)


def invite_the_handler(house: House, ref: str) -> bool:
    try:
        house.fire(ref, "book_first_meeting", NOW, meeting_at=moment("2024-03-05"), place="clinic")
    except EventRefusedError:
        return False
    deliver(house.engine, NOW)
    with house.engine.database.read() as connection:
        query = select(tables.outbox.c.outcome).where(tables.outbox.c.slot == "handler:email")
        return bool(connection.execute(query.where(tables.outbox.c.kind == "invite")).scalar_one() == "sent")


def preview_an_invitation(house: House, ref: str) -> bool:
    asked: dict[str, Value] = {"meeting_at": moment("2024-03-05"), "place": "clinic"}
    try:
        preview(house.engine, ref, Event("book_first_meeting", asked), house.actor("coordinator"), NOW)
    except EventRefusedError:
        return False
    return True


def disclose_a_field(house: House, ref: str) -> bool:
    try:
        disclose(house.engine, ref, ["goals"], house.actor("coordinator"), NOW)
    except DisclosureRefusedError:
        return False
    return True


def show_what_was_disclosed(house: House, ref: str) -> bool:
    try:
        tell(house, ref, "goals")
    except DisclosureRefusedError:
        return False
    return bool(seen(house, ref))


def name_in_figures(house: House, ref: str) -> bool:
    note_protected(house.engine)
    with house.engine.database.read() as connection:
        query = select(tables.case.c.id).join(tables.person, tables.person.c.id == tables.case.c.person_id)
        return connection.execute(query.where(identifiable(NOW))).first() is not None


STATES: dict[Arrange, bool] = {
    nothing: False,
    active: True,
    expired: False,
    withdrawn: False,
    wrong_field: False,
    wrong_recipient: False,
}
# They tell no field: a step and a date.
NO_FIELDS: list[Act] = [remind_the_handler, invite_the_handler, preview_an_invitation]
ACTIONS: list[Act] = [*NO_FIELDS, disclose_a_field, show_what_was_disclosed, name_in_figures]
EXCEPTIONS: dict[tuple[Arrange, Act], bool] = {(wrong_field, act): True for act in NO_FIELDS}
# Figures belong to the region itself: any consent of the person's that is in force will do, whoever it is to.
EXCEPTIONS |= {(wrong_field, name_in_figures): True, (wrong_recipient, name_in_figures): True}
CELLS = [(state, act, EXCEPTIONS.get((state, act), allowed)) for state, allowed in STATES.items() for act in ACTIONS]


@pytest.mark.parametrize(
    ("state", "act", "allowed"), CELLS, ids=[f"{state.__name__}-{act.__name__}" for state, act, _ in CELLS]
)
def test_what_a_consent_opens_and_what_it_does_not(
    house: House, ref: str, state: Arrange, act: Act, allowed: bool
) -> None:
    state(house, ref)
    assert act(house, ref) is allowed
