"""Meeting invitations: one thread per person invited, in order, each change with a higher SEQUENCE."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from notifications.messages import Kind, Reason
from storage import tables
from tests.house import House, moment
from tests.models.reading import alarms, invitations, outbox, permanent, temporary

BOOKED = moment("2024-02-05")
MEETING = moment("2024-02-20", "13:00")
MOVED = moment("2024-02-21", "10:00")


@pytest.fixture
def booked(house: House) -> str:
    """A case whose person has consented and whose meeting is booked; nothing has left yet."""
    return book(house)


def book(house: House) -> str:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", moment("2024-02-01"))
    house.fire(ref, "book_meeting", BOOKED, meeting_at=MEETING, place="clinic")
    return ref


def said(house: House, role: str) -> list[tuple[Kind, int, datetime]]:
    return [(i.kind, i.sequence, i.starts_at) for i in invitations(house, role)]


def test_both_sides_are_invited(house: House, booked: str) -> None:
    house.pass_time(BOOKED)
    for role in ("coordinator", "handler"):
        assert said(house, role) == [(Kind.INVITE, 0, MEETING)]


def test_a_meeting_that_moves_keeps_its_uid_and_raises_its_sequence(house: House, booked: str) -> None:
    house.pass_time(BOOKED)
    house.fire(booked, "book_meeting", BOOKED, meeting_at=MOVED, place="video")
    house.pass_time(BOOKED)
    assert said(house, "handler") == [(Kind.INVITE, 0, MEETING), (Kind.INVITE, 1, MOVED)]
    assert len({invitation.uid for invitation in invitations(house, "handler")}) == 1


def test_a_cancellation_raises_the_sequence_again(house: House, booked: str) -> None:
    house.pass_time(BOOKED)
    house.fire(booked, "cancel_meeting", BOOKED)
    house.pass_time(BOOKED)
    assert said(house, "coordinator") == [(Kind.INVITE, 0, MEETING), (Kind.CANCEL, 1, MEETING)]


def test_a_cancellation_never_overtakes_an_invitation_that_is_waiting_to_be_tried_again(
    house: House, booked: str
) -> None:
    house.mail.fail_next(temporary(), temporary())
    house.pass_time(BOOKED)
    house.fire(booked, "cancel_meeting", BOOKED + timedelta(seconds=10))
    house.pass_time(BOOKED + timedelta(seconds=30))
    assert house.mail.sent == []
    house.pass_time(BOOKED + timedelta(seconds=90))
    assert [kind for kind, *_ in said(house, "handler")] == [Kind.INVITE, Kind.CANCEL]


def test_a_cancellation_goes_to_whoever_was_invited(house: House, booked: str) -> None:
    house.pass_time(BOOKED)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.case).values(coordinator_id=house.staff["deputy"]))
    house.fire(booked, "cancel_meeting", BOOKED, role="deputy")
    house.pass_time(BOOKED)
    assert [kind for kind, *_ in said(house, "coordinator")] == [Kind.INVITE, Kind.CANCEL]
    assert said(house, "deputy") == []


def test_nobody_is_told_of_the_end_of_a_meeting_they_never_heard_of(house: House, booked: str) -> None:
    house.mail.fail_next(permanent(), permanent())
    house.pass_time(BOOKED)
    house.fire(booked, "cancel_meeting", BOOKED + timedelta(minutes=1))
    house.pass_time(BOOKED + timedelta(minutes=1))
    assert invitations(house, "coordinator") == invitations(house, "handler") == []


def test_a_cancellation_reaches_the_handler_though_the_consent_is_gone(sqlite_house: House) -> None:
    house = sqlite_house
    ref = book(house)
    house.pass_time(BOOKED)
    house.fire(ref, "withdraw_consent", BOOKED)
    house.fire(ref, "cancel_meeting", BOOKED)
    house.pass_time(BOOKED)
    assert [kind for kind, *_ in said(house, "handler")] == [Kind.INVITE, Kind.CANCEL]


def test_consent_withdrawn_before_the_invitation_leaves_keeps_it_from_the_handler(sqlite_house: House) -> None:
    house = sqlite_house
    ref = book(house)
    house.fire(ref, "withdraw_consent", BOOKED)
    house.pass_time(BOOKED)
    assert (len(said(house, "coordinator")), said(house, "handler")) == (1, [])


def test_a_case_that_closes_calls_off_its_coming_meetings(sqlite_house: House) -> None:
    house = sqlite_house
    ref = book(house)
    house.pass_time(BOOKED)
    house.fire(ref, "withdraw", BOOKED, outcome="withdrawn")
    house.pass_time(BOOKED)
    assert said(house, "handler")[-1] == (Kind.CANCEL, 1, MEETING)


def test_a_case_that_closes_after_its_meeting_calls_nothing_off(sqlite_house: House) -> None:
    house = sqlite_house
    ref = book(house)
    house.pass_time(BOOKED)
    house.fire(ref, "withdraw", moment("2024-02-22"), outcome="withdrawn")
    house.pass_time(moment("2024-02-22"))
    assert [kind for kind, *_ in said(house, "handler")] == [Kind.INVITE]


def test_an_invitation_booked_in_the_evening_leaves_in_the_morning(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", moment("2024-02-01"))
    house.fire(ref, "book_meeting", moment("2024-02-09", "18:00"), meeting_at=MEETING, place="clinic")  # a Friday
    house.pass_time(moment("2024-02-11", "12:00"))
    assert house.mail.sent == []
    house.pass_time(moment("2024-02-12", "08:00"))
    assert len(said(house, "handler")) == 1


def test_an_invitation_that_cannot_be_delivered_alarms_the_admins(house: House, booked: str) -> None:
    house.mail.fail_next(permanent())
    house.pass_time(BOOKED)
    assert [(alarm.case_ref, alarm.reason) for alarm in alarms(house)] == [(booked, Reason.DELIVERY_FAILED)]


def test_an_invitation_that_finds_nobody_alarms_the_admins(sqlite_house: House) -> None:
    house = sqlite_house
    book(house)
    for role in ("coordinator", "deputy", "handler", "unit_manager", "project_lead"):
        house.away(role, "2024-02-01", "2024-02-29")
    house.pass_time(BOOKED)
    assert {alarm.reason for alarm in alarms(house)} == {Reason.NOBODY_FOUND}
    assert {(row.outcome, row.reason) for row in outbox(house) if row.kind == "invite"} == {("failed", "nobody_found")}
