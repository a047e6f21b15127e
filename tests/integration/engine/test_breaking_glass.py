"""Breaking the glass: a colleague of the unit sees a person for an hour, with a reason, told of and reviewed (T28)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from access.actors import OPERATOR, Actor, Grant
from engine.breaking_glass import OpeningNotFoundError, break_glass, openings, review_opening
from engine.delivering import deliver
from engine.errors import CaseNotFoundError, NotAllowedError
from engine.firing import fire
from engine.inspecting import person_of
from engine.replaying import replay_all
from engine.reviewing import Conclusion, Sign, review
from engine.staffing import BadEntryError
from notifications.recipients import Mailbox
from storage import tables
from tests.house import House, moment
from workflows.case import Event

NOW = moment("2024-02-05", "21:30")  # also at night
REASON = "Patienten ringer akut och kollegan nås inte"


@pytest.fixture
def colleague(house: House) -> Actor:
    """Another coordinator of the unit, who is not on the case."""
    with house.engine.database.write() as connection:
        row = insert(tables.staff).values(email="lo@bevaka.example", name="Prov Kollega").returning(tables.staff.c.id)
        staff_id = connection.execute(row).scalar_one()
        held = {"staff_id": staff_id, "role": "coordinator", "unit_id": house.units["north"]}
        connection.execute(insert(tables.membership).values(**held))
    return Actor.staff(staff_id, [Grant("coordinator", house.units["north"])])


def test_a_colleague_sees_the_person_for_an_hour_and_no_longer(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        person_of(house.engine, ref, colleague, NOW)
    until = break_glass(house.engine, ref, REASON, colleague, NOW)
    assert until == NOW + timedelta(hours=1)
    assert person_of(house.engine, ref, colleague, until - timedelta(seconds=1)).identity.name
    with pytest.raises(NotAllowedError):
        person_of(house.engine, ref, colleague, until)


def test_it_opens_this_case_for_her_alone(house: House, colleague: Actor) -> None:
    ref, other = house.open_many(2, "2024-01-31")
    break_glass(house.engine, ref, REASON, colleague, NOW)
    for who, which in ((colleague, other), (house.actor("deputy"), ref)):
        with pytest.raises(NotAllowedError):
            person_of(house.engine, which, who, NOW)


def test_the_access_log_says_that_and_the_history_too(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    break_glass(house.engine, ref, REASON, colleague, NOW)
    person_of(house.engine, ref, colleague, NOW)
    with house.engine.database.read() as connection:
        log = connection.execute(select(tables.access_log).order_by(tables.access_log.c.at, tables.access_log.c.id))
        assert {(row.action, row.reason, row.actor_id) for row in log} == {
            ("break_glass", "break_glass", colleague.staff_id),
            ("see_person", "break_glass", colleague.staff_id),
        }
        events = connection.execute(select(tables.history.c.event).order_by(tables.history.c.seq)).scalars().all()
    assert events == ["case.open", "case.break_glass"]
    assert replay_all(house.engine, NOW).divergences == ()


def test_the_unit_manager_has_a_mail_at_once_without_a_word_about_anybody(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    break_glass(house.engine, ref, REASON, colleague, NOW)
    deliver(house.engine, NOW)
    (sent,) = house.mail.sent
    assert isinstance(sent.to, Mailbox)
    assert sent.to.address == "manager@bevaka.example"
    assert ref in repr(sent.message)
    assert not {word for word in ("Prov", "akut", "Kollega") if word in repr(sent.message)}


def test_where_no_manager_is_here_her_deputy_or_else_the_admins_are_told(house: House, colleague: Actor) -> None:
    house.away("unit_manager", "2024-02-05", "2024-02-05")
    break_glass(house.engine, house.open_case("2024-01-31"), REASON, colleague, NOW)
    deliver(house.engine, NOW)
    assert [sent.to.address for sent in house.mail.sent if isinstance(sent.to, Mailbox)] == ["admin@bevaka.example"]


@pytest.mark.parametrize("reason", ["", "akut", " " * 40, "x" * 501])
def test_without_a_reason_nothing_is_opened(house: House, colleague: Actor, reason: str) -> None:
    ref = house.open_case("2024-01-31")
    with pytest.raises(BadEntryError):
        break_glass(house.engine, ref, reason, colleague, NOW)
    assert (house.count("break_glass"), house.count("access_log"), house.count("outbox")) == (0, 0, 0)


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_an_hour_is_the_longest(sqlite_house: House, minutes: int) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(BadEntryError):
        break_glass(sqlite_house.engine, ref, REASON, sqlite_house.actor("deputy"), NOW, minutes=minutes)


def test_it_never_crosses_the_unit(house: House, colleague: Actor) -> None:
    with pytest.raises(CaseNotFoundError):
        break_glass(house.engine, house.open_case("2024-01-31", unit="south"), REASON, colleague, NOW)


@pytest.mark.parametrize("role", ["handler", "project_lead", "admin", "coordinator", "unit_manager"])
def test_nobody_else_breaks_it_and_who_sees_the_person_needs_not(sqlite_house: House, role: str) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        break_glass(sqlite_house.engine, ref, REASON, sqlite_house.actor(role), NOW)


def test_a_protected_identity_stays_behind_the_glass(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        connection.execute(update(tables.person).values(protected=True))
    with pytest.raises(NotAllowedError):
        break_glass(house.engine, ref, REASON, colleague, NOW)


def test_no_other_way_leads_behind_the_glass(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        fire(house.engine, ref, Event("case.break_glass", {"reason": REASON, "minutes": 60}), colleague, NOW)


def test_what_was_opened_waits_for_a_review_and_is_overdue_after_three_days(house: House, colleague: Actor) -> None:
    ref, manager = house.open_case("2024-01-31"), house.actor("unit_manager")
    break_glass(house.engine, ref, REASON, colleague, NOW)
    (line,) = openings(house.engine, manager, NOW + timedelta(hours=72))
    assert (line.ref, line.by, line.reason, line.overdue) == (ref, "Prov Kollega", REASON, False)
    assert openings(house.engine, manager, NOW + timedelta(hours=72, seconds=1))[0].overdue
    review_opening(house.engine, ref, line.seq, Conclusion.NO_REMARK, manager, NOW, "Talat med henne")
    assert openings(house.engine, manager, NOW) == ()
    (done,) = openings(house.engine, manager, NOW, waiting=False)
    assert (done.conclusion, done.note, done.overdue) == ("no_remark", "Talat med henne", False)


def test_nobody_reviews_her_own_opening_nor_twice_nor_elsewhere(house: House) -> None:
    ref, deputy = house.open_case("2024-01-31"), house.actor("deputy")
    break_glass(house.engine, ref, REASON, deputy, NOW)
    assert deputy.staff_id is not None
    both = Actor.staff(deputy.staff_id, [*deputy.grants, Grant("log_reviewer")])
    south = Actor.staff(house.staff["unit_manager"], [Grant("unit_manager", house.units["south"])])
    for who in (both, south):
        with pytest.raises(OpeningNotFoundError):
            review_opening(house.engine, ref, 2, Conclusion.NO_REMARK, who, NOW)
    with pytest.raises(NotAllowedError):
        review_opening(house.engine, ref, 2, Conclusion.NO_REMARK, OPERATOR, NOW)
    review_opening(house.engine, ref, 2, Conclusion.NO_REMARK, house.actor("unit_manager"), NOW)
    with pytest.raises(OpeningNotFoundError):
        review_opening(house.engine, ref, 2, Conclusion.NO_REMARK, house.actor("unit_manager"), NOW)


def test_breaking_the_glass_makes_nobody_a_part_of_the_case(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    break_glass(house.engine, ref, REASON, colleague, NOW)
    found = review(house.engine, house.actor("unit_manager"), NOW, NOW + timedelta(hours=1), NOW, sample=0)
    assert {Sign.NO_TEAM_LINK} <= set(found.lines[0].signs)


def test_who_stands_in_sees_the_person_without_breaking_anything(house: House, colleague: Actor) -> None:
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        away = {"from_on": date(2024, 2, 5), "until_on": date(2024, 2, 6), "deputy_id": colleague.staff_id}
        connection.execute(insert(tables.absence).values(staff_id=house.staff["coordinator"], **away))
    assert person_of(house.engine, ref, colleague, NOW).identity.name
    with pytest.raises(NotAllowedError):
        person_of(house.engine, ref, colleague, NOW + timedelta(days=2))
