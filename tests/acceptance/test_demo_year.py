"""A year of the demo, lived through by the real engine over real SMTP and HTTPS: what must hold of every message."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bevaka.demo_house import DemoHouse
from demo.mailbox import Caught
from demo.seeding import SEED
from demo.simulation import Coordinators
from demo.time_machine import TimeMachine
from engine.auditing import replay_all, unaccounted
from storage.tables import case, deadline, history, ledger, outbox
from tests.demo_days import arrivals_of, everything_caught, lived_demo, stockholm
from tests.personal_traces import PersonalValues
from workflows.calendar import calendar_named
from workflows.dates import WorkingHours, in_hours

SMALL, WHOLE = 30, 187


@dataclass
class Year:
    """A demo a year later, and everything that was caught."""

    cases: int
    house: DemoHouse
    caught: tuple[Caught, ...]


@pytest.fixture(scope="module", params=[SMALL, pytest.param(WHOLE, marks=pytest.mark.slow)])
def year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """The first year with thirty cases; with all of them, the first year and another one."""
    cases: int = request.param
    with lived_demo(tmp_path_factory.mktemp("year"), cases, "2024-02-14") as house:
        if cases == WHOLE:
            machine = TimeMachine(house.engine, house.clock)
            people = Coordinators(machine.engine, SEED, house.clock())
            machine.advance(stockholm("2025-02-13"), [people])
            assert people.refused == 0
        yield Year(cases, house, everything_caught(house.surroundings.mailbox))


def test_a_year_has_cases_in_every_state_and_messages_of_every_kind(year: Year) -> None:
    with year.house.engine.database.read() as connection:
        states = set(connection.execute(select(case.c.state)).scalars())
        kinds = set(connection.execute(select(outbox.c.kind)).scalars())
        opened = len(connection.execute(select(case.c.id)).all())
    assert opened == year.cases
    assert {"following", "closed"} <= states
    assert {"reminder", "escalation", "invite", "digest"} <= kinds
    assert {caught.kind for caught in year.caught} == {"mail", "card"}


def test_no_reminder_is_lost(year: Year) -> None:
    assert unaccounted(year.house.engine, year.house.clock()) == []


def test_every_message_sent_was_caught_exactly_once(year: Year) -> None:
    with year.house.engine.database.read() as connection:
        sent = connection.execute(select(outbox.c.id).where(outbox.c.outcome == "sent")).all()
        uncertain = connection.execute(select(outbox.c.id).where(outbox.c.uncertain)).all()
    assert len(year.caught) == len(sent)
    assert uncertain == []


def test_every_message_left_in_working_hours_of_a_swedish_working_day(year: Year) -> None:
    calendar, hours = calendar_named("SE"), WorkingHours()
    assert [c.received_at for c in year.caught if not in_hours(c.received_at, hours, calendar)] == []


def test_no_message_left_after_its_deadline_had_ended(year: Year) -> None:
    with year.house.engine.database.read() as connection:
        late = connection.execute(
            select(case.c.ref, deadline.c.kind, ledger.c.rung)
            .join(deadline, deadline.c.id == ledger.c.deadline_id)
            .join(case, case.c.id == deadline.c.case_id)
            .where(ledger.c.outcome == "sent", ledger.c.settled_at > deadline.c.ended_at)
        ).all()
    assert late == []


def test_every_case_is_what_its_history_leads_to(year: Year) -> None:
    replayed = replay_all(year.house.engine, year.house.clock())
    assert replayed.divergences == ()
    assert replayed.cases == year.cases


def test_nothing_personal_is_in_any_mail_or_card(year: Year) -> None:
    texts = _free_texts(year.house)
    assert texts, "the demo's people write goals and evaluations"
    values = PersonalValues([arrival.identity for arrival in arrivals_of(year.cases)], texts)
    assert {caught.id: found for caught in year.caught if (found := values.in_caught(caught))} == {}


def test_the_search_for_personal_values_finds_what_is_there(year: Year) -> None:
    someone = arrivals_of(year.cases)[0].identity
    values = PersonalValues([someone])
    digits = someone.number.digits
    for planted in (someone.name.split()[0].upper(), digits, f"x{digits[2:8]}-{digits[8:]}y"):
        assert list(values.in_text(f"Hej {planted}!"))


def _free_texts(house: DemoHouse) -> set[str]:
    with house.engine.database.read() as connection:
        answers = connection.execute(select(history.c.answers)).scalars()
        return {str(row[name]) for row in answers for name in ("goals", "evaluation", "reason") if row.get(name)}
