"""Without consent, or with protected identity, a participant is a number in every figure and no more."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select, update

from access.consents import CARE, FK, Form, Giver, Purpose, Terms
from access.identities import Identity
from engine.anonymity import identifiable, note_protected
from engine.consent_rows import HANDLER
from engine.consenting import record_consent, withdraw_consent
from engine.opening import NewCase, open_cases
from storage import tables
from tests.house import House, moment

DAY = moment("2024-02-05")
TERMS = Terms(
    Giver.PERSON, CARE, HANDLER, Purpose.FOLLOW_UP, frozenset({"benefit"}), Form.WRITTEN, DAY.date(), date(2024, 12, 31)
)


def agree(house: House, ref: str, terms: Terms = TERMS) -> None:
    record_consent(house.engine, ref, terms, house.actor("coordinator"), DAY)


def named(house: House, now: object = DAY, **how: frozenset[Purpose]) -> set[str]:
    with house.engine.database.read() as connection:
        query = select(tables.case.c.ref).where(identifiable(now, **how))  # type: ignore[arg-type]
        return set(connection.execute(query).scalars())


def test_who_has_consented_may_be_named_and_who_has_not_may_not(house: House) -> None:
    consented, _ = house.open_many(2, "2024-01-31")
    agree(house, consented)
    note_protected(house.engine)
    assert named(house) == {consented}


def test_who_withdraws_is_anonymous_from_then_on(house: House) -> None:
    ref = house.open_case("2024-01-31")
    agree(house, ref)
    note_protected(house.engine)
    withdraw_consent(house.engine, ref, CARE, FK, house.actor("coordinator"), DAY + timedelta(days=1))
    assert named(house, DAY + timedelta(days=2)) == set()


def test_a_consent_that_has_run_out_names_nobody(house: House) -> None:
    ref = house.open_case("2024-01-31")
    agree(house, ref)
    note_protected(house.engine)
    assert (named(house, moment("2024-12-31")), named(house, moment("2025-01-01"))) == ({ref}, set())


def test_a_programme_may_ask_for_the_purpose_of_follow_up_itself(house: House) -> None:
    ref = house.open_case("2024-01-31")
    agree(house, ref, replace(TERMS, purpose=Purpose.INFORMATION))
    note_protected(house.engine)
    assert named(house, purposes=frozenset({Purpose.FOLLOW_UP})) == set()


def test_protected_identity_is_anonymous_whatever_was_agreed(house: House) -> None:
    plain = house.identity()
    hidden = Identity(plain.name, plain.number, protected=True)
    first = {"decision_date": date(2024, 1, 31), "benefit_from": date(2024, 1, 1), "benefit_until": date(2025, 12, 31)}
    with house.engine.database.write() as connection:
        rules = house.engine.rulebook.newest(connection, "prov", DAY)
        new = NewCase(hidden, first, house.units["north"], house.staff["coordinator"], house.staff["handler"])
        (opened,) = open_cases(connection, house.engine.vault, rules, [new], house.actor("coordinator"), DAY)
    agree(house, opened.ref)
    note_protected(house.engine)
    assert named(house) == set()


def test_of_whom_it_is_not_known_counts_as_protected(house: House) -> None:
    ref = house.open_case("2024-01-31")
    agree(house, ref)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.person).values(protected=None))
    assert named(house) == set()


def test_an_identity_that_cannot_be_opened_stays_protected(house: House) -> None:
    ref = house.open_case("2024-01-31")
    agree(house, ref)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.person).values(protected=None, nonce=b"x" * 12))
    assert (note_protected(house.engine), named(house)) == (0, set())
