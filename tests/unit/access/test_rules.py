"""Who may what: by role, by unit, and for the person of a case by who she is to it. Deny by default."""

import pytest

from access.actors import OPERATOR, SYSTEM, Actor, Grant
from access.rules import Action, CaseFacts, is_disclosed_to, may, may_anywhere, may_in, may_note_absence

NORTH, SOUTH = 1, 2
KIM, LO, SAM, FK, CHIEF = 10, 11, 12, 13, 14
CASE = CaseFacts(NORTH, coordinator_id=KIM, handler_id=FK, protected=False)


def staff(staff_id: int, role: str, unit: int | None = NORTH) -> Actor:
    return Actor.staff(staff_id, [Grant(role, unit)])


def case(**facts: object) -> CaseFacts:
    return CaseFacts(**({"unit_id": NORTH, "coordinator_id": KIM, "handler_id": FK, "protected": False} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "facts", "sees"),
    [
        pytest.param(staff(KIM, "coordinator"), {}, True, id="the coordinator of the case"),
        pytest.param(staff(LO, "coordinator"), {}, False, id="another coordinator of the unit"),
        pytest.param(staff(CHIEF, "unit_manager"), {}, True, id="the unit manager"),
        pytest.param(staff(CHIEF, "unit_manager", SOUTH), {}, False, id="another unit's manager"),
        pytest.param(staff(LO, "deputy"), {}, False, id="a deputy while the coordinator is here"),
        pytest.param(staff(LO, "deputy"), {"coordinator_away": True}, True, id="a deputy while she is away"),
        pytest.param(staff(LO, "coordinator"), {"standing_in": frozenset({LO})}, True, id="who stands in for her"),
        pytest.param(staff(LO, "coordinator"), {"opened_by": frozenset({LO})}, True, id="who has broken the glass"),
        pytest.param(staff(SAM, "coordinator"), {"opened_by": frozenset({LO})}, False, id="her colleague has not"),
        pytest.param(staff(LO, "coordinator", SOUTH), {"opened_by": frozenset({LO})}, False, id="no glass elsewhere"),
        pytest.param(staff(KIM, "coordinator", SOUTH), {}, False, id="a coordinator who has moved to another unit"),
        pytest.param(staff(KIM, "coordinator"), {"protected": True}, True, id="protected: the coordinator"),
        pytest.param(staff(CHIEF, "unit_manager"), {"protected": True}, True, id="protected: the unit manager"),
        pytest.param(
            staff(LO, "deputy"), {"protected": True, "coordinator_away": True}, False, id="protected: no deputy"
        ),
        pytest.param(
            staff(LO, "coordinator"), {"protected": True, "opened_by": frozenset({LO})}, False, id="protected: no glass"
        ),
        pytest.param(staff(FK, "handler", None), {}, False, id="the handler"),
        pytest.param(staff(SAM, "project_lead", None), {}, False, id="the project lead"),
        pytest.param(staff(SAM, "log_reviewer", None), {}, False, id="a log reviewer"),
        pytest.param(staff(SAM, "funder", None), {}, False, id="a funder"),
        pytest.param(staff(SAM, "admin", None), {}, False, id="an admin"),
        pytest.param(OPERATOR, {}, False, id="the operator"),
        pytest.param(SYSTEM, {"opened_by": frozenset({KIM})}, False, id="the system"),
    ],
)
def test_the_person_is_seen_by_who_needs_to_know(who: Actor, facts: dict[str, object], sees: bool) -> None:
    assert may(who, Action.SEE_PERSON, case(**facts)) is sees


def test_where_nothing_more_is_known_than_the_row_nobody_is_let_near() -> None:
    bare = CaseFacts(NORTH, KIM, FK)
    assert not may(staff(LO, "deputy"), Action.SEE_PERSON, bare)
    assert not may(staff(LO, "coordinator"), Action.BREAK_GLASS, bare)


@pytest.mark.parametrize(
    ("who", "facts", "breaks"),
    [
        pytest.param(staff(LO, "coordinator"), {}, True, id="a coordinator of the unit"),
        pytest.param(staff(LO, "deputy"), {}, True, id="a deputy of the unit"),
        pytest.param(staff(KIM, "coordinator"), {}, False, id="who sees her anyway"),
        pytest.param(staff(LO, "coordinator", SOUTH), {}, False, id="another unit"),
        pytest.param(staff(LO, "coordinator"), {"protected": True}, False, id="protected identity"),
        pytest.param(staff(FK, "handler", None), {}, False, id="another authority"),
        pytest.param(staff(SAM, "admin", None), {}, False, id="an admin"),
    ],
)
def test_the_glass_is_broken_within_the_unit_alone(who: Actor, facts: dict[str, object], breaks: bool) -> None:
    assert may(who, Action.BREAK_GLASS, case(**facts)) is breaks


@pytest.mark.parametrize("role", ["funder", "log_reviewer"])
def test_who_works_with_figures_or_the_log_sees_no_case(role: str) -> None:
    allowed = [action for action in Action if may(staff(SAM, role, None), action, CASE)]
    assert set(allowed) <= {Action.FIGURES, Action.REVIEW}


def test_a_handler_sees_that_her_case_is_there_and_no_more_by_herself() -> None:
    who = staff(FK, "handler", None)
    assert [action for action in Action if may(who, action, CASE)] == [Action.SEE_CASE]
    assert is_disclosed_to(who, CASE)
    assert not may(who, Action.SEE_CASE, case(handler_id=SAM))


def test_who_is_handler_and_coordinator_is_no_stranger() -> None:
    both = Actor.staff(FK, [Grant("handler"), Grant("coordinator", NORTH)])
    assert not is_disclosed_to(both, CASE)


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_whoever_holds_no_role_may_nothing(action: Action) -> None:
    nobody = Actor.staff(SAM, [])
    assert not may(nobody, action, CASE)
    assert not may_anywhere(nobody, action)
    assert not may_in(nobody, action, NORTH)


def test_a_unit_manager_answers_for_her_own_unit() -> None:
    chief = staff(CHIEF, "unit_manager")
    assert may_in(chief, Action.TEST_CHANNEL, NORTH)
    assert not may_in(chief, Action.TEST_CHANNEL, SOUTH)
    assert not may_in(chief, Action.TEST_CHANNEL, None)


@pytest.mark.parametrize(
    ("who", "units", "notes"),
    [
        pytest.param(staff(LO, "coordinator"), frozenset({NORTH}), True, id="her own"),
        pytest.param(staff(SAM, "coordinator"), frozenset({NORTH}), False, id="a colleague's"),
        pytest.param(staff(CHIEF, "unit_manager"), frozenset({NORTH}), True, id="the unit manager"),
        pytest.param(staff(CHIEF, "unit_manager"), frozenset({SOUTH}), False, id="another unit's manager"),
        pytest.param(staff(CHIEF, "unit_manager"), frozenset({None}), False, id="of somebody who works everywhere"),
        pytest.param(staff(SAM, "admin", None), frozenset[int | None](), True, id="an admin"),
        pytest.param(OPERATOR, frozenset({SOUTH}), True, id="the operator"),
    ],
)
def test_an_absence_is_noted_by_oneself_or_who_answers(who: Actor, units: frozenset[int | None], notes: bool) -> None:
    assert may_note_absence(who, LO, units) is notes
