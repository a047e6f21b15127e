"""Who has read about whom, reviewed: what stands out is found, the rest is drawn from, the protocol is signed."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from access.actors import OPERATOR, Actor, Grant
from access.keyring import new_keyring_json
from access.signing import Signer
from engine.errors import NotAllowedError
from engine.inspecting_persons import identity_of
from engine.reviewing import Conclusion, Review, Sign, patient_extract, review, sign_review
from storage import tables
from storage.trust_tables import log_review
from tests.house import House, moment

MORNING = moment("2024-02-05", "10:00")
SINCE, UNTIL = moment("2024-02-05", "00:00"), moment("2024-02-08", "00:00")
NOW = moment("2024-02-09")
SIGNER = Signer.from_keyring(new_keyring_json())


def read(house: House, ref: str, role: str = "coordinator", now: datetime = MORNING) -> None:
    identity_of(house.engine, ref, house.actor(role), now)


def reviewed(house: House, **how: int) -> Review:
    return review(house.engine, house.actor("unit_manager"), SINCE, UNTIL, NOW, **({"sample": 0} | how))


def signs(house: House, **how: int) -> dict[str, set[Sign]]:
    return {line.ref: set(line.signs) for line in reviewed(house, **how).lines}


def rename(house: House, role: str, name: str) -> None:
    with house.engine.database.write() as connection:
        mine = tables.staff.c.id == house.staff[role]
        connection.execute(update(tables.staff).where(mine).values(name=name))


def test_an_ordinary_reading_does_not_stand_out(house: House) -> None:
    read(house, house.open_case("2024-01-31"))
    assert (signs(house), reviewed(house).readings) == ({}, 1)


def test_a_reading_without_any_link_to_the_case_stands_out(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-05", "2024-02-05")
    read(house, ref, "deputy")
    assert signs(house) == {ref: {Sign.NO_TEAM_LINK}}


def test_who_stands_in_that_day_has_a_link(house: House) -> None:
    house.away("coordinator", "2024-02-05", "2024-02-06", "deputy")
    house.away("coordinator", "2024-02-07", "2024-02-07")
    ref = house.open_case("2024-01-31")
    read(house, ref, "deputy")
    read(house, ref, "deputy", moment("2024-02-07", "10:00"))
    assert [(line.at.day, line.signs) for line in reviewed(house).lines] == [(7, (Sign.NO_TEAM_LINK,))]


def test_who_has_acted_in_the_case_has_a_link(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-05", "2024-02-05")
    house.fire(ref, "case.amend", MORNING, "deputy", benefit_until=date(2025, 11, 30))
    read(house, ref, "deputy")
    assert signs(house) == {}


@pytest.mark.parametrize("at", [moment("2024-02-05", "22:30"), moment("2024-02-05", "05:59")])
def test_readings_at_night_stand_out(house: House, at: datetime) -> None:
    ref = house.open_case("2024-01-31")
    read(house, ref, now=at)
    assert signs(house) == {ref: {Sign.OFF_HOURS}}


def test_somebody_who_reads_about_her_own_name_stands_out_and_the_finding_is_logged(house: House) -> None:
    rename(house, "coordinator", "Prov Testperson0")
    ref = house.open_case("2024-01-31")
    read(house, ref)
    assert signs(house) == {ref: {Sign.OWN_NAME}}
    with house.engine.database.read() as connection:
        actions = (
            connection.execute(select(tables.access_log.c.action).order_by(tables.access_log.c.id)).scalars().all()
        )
    assert actions == ["see_person", "review"]


def test_the_same_surname_stands_out(house: House) -> None:
    rename(house, "coordinator", "Någon Testperson0")
    ref = house.open_case("2024-01-31")
    read(house, ref)
    assert signs(house) == {ref: {Sign.SAME_SURNAME}}


def test_many_persons_within_an_hour_stand_out(house: House) -> None:
    refs = house.open_many(4, "2024-01-31")
    for number, ref in enumerate(refs):
        read(house, ref, now=MORNING + timedelta(minutes=10 * number))
    assert set(signs(house, many=3)) == set(refs)
    assert signs(house, many=4) == {}


def test_the_same_persons_again_and_again_are_not_many(house: House) -> None:
    ref = house.open_case("2024-01-31")
    for number in range(5):
        read(house, ref, now=MORNING + timedelta(minutes=number))
    assert signs(house, many=1) == {}


def test_the_sample_is_drawn_from_the_others_and_can_be_drawn_again(house: House) -> None:
    for ref in house.open_many(6, "2024-01-31"):
        read(house, ref)
    first = reviewed(house, sample=3, seed=7)
    assert [line.signs for line in first.lines] == [(Sign.SAMPLE,)] * 3
    assert reviewed(house, sample=3, seed=7) == first


def test_a_reviewer_does_not_review_herself(house: House) -> None:
    read(house, house.open_case("2024-01-31"), "unit_manager")
    assert reviewed(house).readings == 0


def test_a_reviewer_sees_her_own_units_readings_alone(house: House) -> None:
    ref = house.open_case("2024-01-31", unit="south")
    south = Actor.staff(house.staff["coordinator"], [Grant("coordinator", house.units["south"])])
    identity_of(house.engine, ref, south, MORNING)
    assert reviewed(house).readings == 0


@pytest.mark.parametrize("role", ["coordinator", "handler", "project_lead", "admin"])
def test_nobody_else_reviews_the_log(sqlite_house: House, role: str) -> None:
    with pytest.raises(NotAllowedError):
        review(sqlite_house.engine, sqlite_house.actor(role), SINCE, UNTIL, NOW)


def test_a_protocol_is_signed_over_the_lines_as_they_were(house: House) -> None:
    house.away("coordinator", "2024-02-05", "2024-02-05")
    read(house, house.open_case("2024-01-31"), "deputy")
    done = reviewed(house)
    number = sign_review(house.engine, SIGNER, house.actor("unit_manager"), done, Conclusion.TO_INVESTIGATE, NOW)
    with house.engine.database.read() as connection:
        row = connection.execute(select(log_review).where(log_review.c.id == number)).one()
    assert (row.reviewer_id, row.conclusion, row.lines) == (
        house.staff["unit_manager"],
        "to_investigate",
        {str(done.lines[0].id): ["no_team_link"]},
    )
    assert SIGNER.signed(row.digest, row.signature)


def test_a_protocol_needs_somebody_who_signs(sqlite_house: House) -> None:
    nobody = replace(OPERATOR, grants=frozenset({Grant("unit_manager")}))
    with pytest.raises(NotAllowedError):
        sign_review(sqlite_house.engine, SIGNER, nobody, Review(SINCE, UNTIL, 0, ()), Conclusion.NO_REMARK, NOW)


def test_a_patient_is_told_when_and_from_where_and_not_by_whom(house: House) -> None:
    read(house, house.open_case("2024-01-31"))
    number = identity_of(house.engine, house.open_case("2024-01-31"), house.actor("coordinator"), MORNING).number
    lines = patient_extract(house.engine, number, house.actor("unit_manager"), NOW)
    assert [(line.unit, line.action, line.actor) for line in lines] == [("Mottagning north", "see_person", "staff")]
    assert "coordinator" not in repr(lines)


def test_the_extract_is_logged_itself(house: House) -> None:
    ref = house.open_case("2024-01-31")
    number = identity_of(house.engine, ref, house.actor("coordinator"), MORNING).number
    manager = house.actor("unit_manager")
    patient_extract(house.engine, number, manager, NOW)
    assert [line.action for line in patient_extract(house.engine, number, manager, NOW)] == ["extract", "see_person"]


def test_of_somebody_who_is_not_here_there_is_nothing_to_tell(house: House) -> None:
    stranger = house.identity().number
    assert patient_extract(house.engine, stranger, house.actor("unit_manager"), NOW) == ()
    assert house.count("access_log") == 0


def test_an_absence_of_somebody_else_gives_no_link(house: House) -> None:
    with house.engine.database.write() as connection:
        away = {"from_on": date(2024, 2, 1), "until_on": date(2024, 2, 28)}
        row = {"staff_id": house.staff["project_lead"], "deputy_id": house.staff["deputy"]}
        connection.execute(insert(tables.absence).values(**away, **row))
    house.away("coordinator", "2024-02-05", "2024-02-05")
    ref = house.open_case("2024-01-31")
    read(house, ref, "deputy")
    assert signs(house) == {ref: {Sign.NO_TEAM_LINK}}
