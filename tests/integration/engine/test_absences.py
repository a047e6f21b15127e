"""Absences: who may note them, changing and ending them, and the days on which nobody stands in."""

from datetime import date

import pytest

from engine.absences import AbsenceNotFoundError, change_absence, end_absence
from engine.errors import NotAllowedError
from engine.inspecting_people import PersonLine, own_line, people_lines, unit_views
from engine.staffing import AbsenceError, set_absence
from tests.house import ROLES, House, moment

NOW = moment("2024-07-01")
JULY_3, JULY_8, JULY_14 = date(2024, 7, 3), date(2024, 7, 8), date(2024, 7, 14)


def line(house: House, role: str, asker: str = "admin") -> PersonLine:
    return next(one for one in people_lines(house.engine, house.actor(asker), NOW) if one.id == house.staff[role])


def away(house: House, role: str, deputy: str | None = None, asker: str = "admin") -> int:
    stand_in = ROLES[deputy] if deputy else None
    return set_absence(house.engine, ROLES[role], JULY_3, JULY_14, stand_in, house.actor(asker))


def test_one_may_note_ones_own_absence_and_a_unit_manager_those_of_her_unit(house: House) -> None:
    away(house, "handler", asker="handler")
    away(house, "coordinator", asker="unit_manager")
    with pytest.raises(NotAllowedError):
        away(house, "deputy", asker="coordinator")
    with pytest.raises(NotAllowedError):
        away(house, "project_lead", asker="unit_manager")


def test_a_gap_is_the_days_on_which_nobody_stands_in(house: House) -> None:
    away(house, "unit_manager")
    assert [one.gaps for one in line(house, "unit_manager").absences] == [((JULY_3, JULY_14),)]


def test_a_coordinator_is_covered_by_her_units_deputies_as_long_as_one_is_here(house: House) -> None:
    away(house, "coordinator")
    assert line(house, "coordinator").absences[0].gaps == ()
    set_absence(house.engine, ROLES["deputy"], JULY_8, JULY_14, None, house.actor("admin"))
    assert line(house, "coordinator").absences[0].gaps == ((JULY_8, JULY_14),)


def test_a_deputy_who_is_away_herself_leaves_a_gap_unless_somebody_stands_in_for_her(house: House) -> None:
    away(house, "unit_manager", "project_lead")
    number = set_absence(house.engine, ROLES["project_lead"], JULY_8, JULY_8, None, house.actor("admin"))
    assert line(house, "unit_manager").absences[0].gaps == ((JULY_8, JULY_8),)
    change_absence(house.engine, number, JULY_8, JULY_8, ROLES["admin"], house.actor("admin"))
    assert line(house, "unit_manager").absences[0].gaps == ()


def test_an_absence_is_changed_within_its_own_days_and_not_into_another(house: House) -> None:
    number = away(house, "coordinator")
    change_absence(house.engine, number, JULY_3, JULY_8, ROLES["deputy"], house.actor("coordinator"))
    (changed,) = line(house, "coordinator").absences
    assert (changed.until_on, changed.deputy) == (JULY_8, "Prov deputy")
    set_absence(house.engine, ROLES["coordinator"], JULY_14, JULY_14, None, house.actor("admin"))
    with pytest.raises(AbsenceError):
        change_absence(house.engine, number, JULY_3, JULY_14, None, house.actor("admin"))


def test_who_is_back_early_was_away_until_yesterday(house: House) -> None:
    number = away(house, "coordinator")
    end_absence(house.engine, number, house.actor("coordinator"), moment("2024-07-08"))
    assert line(house, "coordinator").absences[0].until_on == date(2024, 7, 7)
    with pytest.raises(AbsenceError):
        end_absence(house.engine, number, house.actor("coordinator"), moment("2024-07-09"))


def test_an_absence_that_has_not_begun_is_taken_away(house: House) -> None:
    end_absence(house.engine, away(house, "coordinator"), house.actor("coordinator"), NOW)
    assert line(house, "coordinator").absences == ()


def test_an_absence_that_is_not_there_is_not_found(sqlite_house: House) -> None:
    with pytest.raises(AbsenceNotFoundError):
        end_absence(sqlite_house.engine, 4711, sqlite_house.actor("admin"), NOW)


def test_a_handler_sees_herself_and_nobody_else(sqlite_house: House) -> None:
    handler = sqlite_house.actor("handler")
    mine = own_line(sqlite_house.engine, handler, NOW)
    assert mine is not None
    assert (mine.name, mine.may_note) == ("Prov handler", True)
    with pytest.raises(NotAllowedError):
        people_lines(sqlite_house.engine, handler, NOW)


def test_a_unit_says_who_is_asked_in_which_order(house: House) -> None:
    house.open_many(2, "2024-01-31")
    house.away("coordinator", "2024-07-01", "2024-07-05")
    (north,) = unit_views(house.engine, house.actor("coordinator"), NOW)
    assert (north.code, north.open_cases, north.without_coordinator) == ("north", 2, 0)
    assert [(level.role, level.here, level.away) for level in north.levels][:2] == [
        ("coordinator", (), ("Prov coordinator",)),
        ("deputy", ("Prov deputy",), ()),
    ]
