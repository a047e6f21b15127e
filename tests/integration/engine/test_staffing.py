"""Setting up a clinic: units, people, roles, absences, Teams connections; and who may."""

from datetime import date

import pytest
from sqlalchemy import select

from access.actors import OPERATOR, Grant
from engine.connecting import connected_teams, set_team_channel
from engine.errors import CaseNotFoundError, NotAllowedError, UnknownStaffError, UnknownUnitError
from engine.staffing import (
    AbsenceError,
    AlreadyThereError,
    BadEntryError,
    RoleNotHeldError,
    UnknownRoleError,
    actor_of,
    add_staff,
    add_unit,
    assign_case,
    grant_role,
    revoke_role,
    set_absence,
    set_active,
)
from notifications.channels.teams import TeamsSettings, WebhookUrlError
from notifications.recipients import RecipientError
from storage import tables
from tests.house import ROLES, House

URL = "https://x.environment.api.powerplatform.com:443/workflows/1?sig=verysecret"


def test_a_clinic_is_set_up_from_nothing(house: House) -> None:
    add_unit(house.engine, "west", "Mottagning väst", OPERATOR)
    add_staff(house.engine, "Ny.Koordinator@bevaka.example", "Ny Koordinator", OPERATOR, language="en")
    grant_role(house.engine, "ny.koordinator@bevaka.example", "coordinator", "west", OPERATOR)
    actor = actor_of(house.engine, "NY.KOORDINATOR@bevaka.example")
    assert {grant.role for grant in actor.grants} == {"coordinator"}
    assert actor.grants != {Grant("coordinator", None)}


@pytest.mark.parametrize("code", ["", "Åsa", "with space", "x" * 41, "UPPER"])
def test_a_unit_code_is_a_plain_word(house: House, code: str) -> None:
    with pytest.raises(BadEntryError):
        add_unit(house.engine, code, "Mottagning", OPERATOR)


def test_a_unit_is_added_once(house: House) -> None:
    with pytest.raises(AlreadyThereError):
        add_unit(house.engine, "north", "Mottagning", OPERATOR)


def test_an_address_is_one_mailbox(house: House) -> None:
    with pytest.raises(RecipientError):
        add_staff(house.engine, "a@x.example, b@x.example", "Två", OPERATOR)


def test_a_person_is_added_once_whatever_the_case_of_her_address(house: House) -> None:
    with pytest.raises(AlreadyThereError):
        add_staff(house.engine, ROLES["coordinator"].upper(), "Igen", OPERATOR)


def test_a_role_must_exist(house: House) -> None:
    with pytest.raises(UnknownRoleError) as refused:
        grant_role(house.engine, ROLES["coordinator"], "emperor", None, OPERATOR)
    assert {"admin", "coordinator", "handler"} <= set(refused.value.allowed)


@pytest.mark.parametrize("unit", ["south", None])
def test_a_role_is_granted_once_and_taken_back(house: House, unit: str | None) -> None:
    email = ROLES["handler"]
    grant_role(house.engine, email, "deputy", unit, OPERATOR)
    with pytest.raises(AlreadyThereError):
        grant_role(house.engine, email, "deputy", unit, OPERATOR)
    revoke_role(house.engine, email, "deputy", unit, OPERATOR)
    with pytest.raises(RoleNotHeldError):
        revoke_role(house.engine, email, "deputy", unit, OPERATOR)


def test_who_works_here_no_longer_may_do_nothing(house: House) -> None:
    set_active(house.engine, ROLES["coordinator"], False, OPERATOR)
    with pytest.raises(UnknownStaffError):
        actor_of(house.engine, ROLES["coordinator"])


def test_a_stranger_is_nobody(house: House) -> None:
    with pytest.raises(UnknownStaffError):
        actor_of(house.engine, "nobody@bevaka.example")


@pytest.mark.parametrize(
    ("start", "end", "deputy", "cause"),
    [
        (date(2024, 7, 2), date(2024, 7, 1), None, "order"),
        (date(2024, 7, 1), date(2024, 7, 2), ROLES["coordinator"], "deputy"),
        (date(2024, 6, 1), date(2024, 6, 3), None, "overlap"),
    ],
)
def test_an_absence_must_make_sense(house: House, start: date, end: date, deputy: str | None, cause: str) -> None:
    set_absence(house.engine, ROLES["coordinator"], date(2024, 6, 3), date(2024, 6, 5), ROLES["deputy"], OPERATOR)
    with pytest.raises(AbsenceError) as refused:
        set_absence(house.engine, ROLES["coordinator"], start, end, deputy, OPERATOR)
    assert refused.value.cause == cause


def test_only_an_admin_sets_up_people(house: House) -> None:
    with pytest.raises(NotAllowedError):
        add_unit(house.engine, "east", "Mottagning", house.actor("coordinator"))


def test_a_unit_manager_assigns_a_case(house: House) -> None:
    ref = house.open_case()
    grant_role(house.engine, ROLES["deputy"], "coordinator", "north", OPERATOR)
    assign_case(house.engine, ref, house.actor("unit_manager"), coordinator=ROLES["deputy"])
    with house.engine.database.read() as connection:
        found = connection.execute(select(tables.case.c.coordinator_id, tables.case.c.handler_id)).one()
    assert found == (house.staff["deputy"], house.staff["handler"])


def test_a_case_goes_only_to_who_holds_the_role_there(house: House) -> None:
    ref = house.open_case(unit="south")
    with pytest.raises(RoleNotHeldError):
        assign_case(house.engine, ref, OPERATOR, coordinator=ROLES["coordinator"])


def test_a_coordinator_does_not_assign_cases(house: House) -> None:
    with pytest.raises(NotAllowedError):
        assign_case(house.engine, house.open_case(), house.actor("coordinator"), coordinator=ROLES["coordinator"])


def test_a_foreign_case_does_not_exist_for_a_unit_manager(house: House) -> None:
    with pytest.raises(CaseNotFoundError):
        assign_case(house.engine, house.open_case(unit="south"), house.actor("unit_manager"), handler=ROLES["handler"])


def test_a_teams_address_is_sealed_and_never_shown(house: House) -> None:
    label = set_team_channel(house.engine, "north", URL + "\n", TeamsSettings(), OPERATOR)
    with house.engine.database.read() as connection:
        row = connection.execute(select(tables.team_channel)).one()
    assert b"verysecret" not in row.sealed_url
    assert house.engine.secrets.open(f"team_channel|{row.id}", row.sealed_url) == URL
    assert [(team.unit, team.label) for team in connected_teams(house.engine, OPERATOR)] == [("north", label)]
    assert "verysecret" not in label


def test_a_new_address_mends_a_broken_connection(house: House) -> None:
    set_team_channel(house.engine, "north", URL, TeamsSettings(), OPERATOR)
    with house.engine.database.write() as connection:
        connection.execute(tables.team_channel.update().values(refused=3, broken_at=None))
    set_team_channel(house.engine, "north", URL, TeamsSettings(), OPERATOR, language="en")
    assert [(team.refused, team.language) for team in connected_teams(house.engine, OPERATOR)] == [(0, "en")]


def test_a_refused_address_changes_nothing(house: House) -> None:
    with pytest.raises(WebhookUrlError):
        set_team_channel(house.engine, "north", "https://evil.example/?sig=x", TeamsSettings(), OPERATOR)
    assert house.count("team_channel") == 0


def test_a_connection_needs_its_unit(house: House) -> None:
    with pytest.raises(UnknownUnitError):
        set_team_channel(house.engine, "nowhere", URL, TeamsSettings(), OPERATOR)
