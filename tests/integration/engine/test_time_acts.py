"""Time acts: rungs come on their days, to whom they are addressed, and each ends in the ledger."""

from datetime import date

import pytest

from engine.sweeping import sweep
from notifications.messages import Kind, Notice, Reason
from notifications.recipients import Mailbox
from tests.house import ROLES, House, moment


def sent_to(house: House) -> list[str]:
    return [sent.to.address for sent in house.mail.sent if isinstance(sent.to, Mailbox)]


def notices(house: House) -> list[Notice]:
    return [sent.message for sent in house.mail.sent if isinstance(sent.message, Notice)]


def test_nothing_is_sent_before_the_first_rung(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-05"))
    assert house.mail.sent == []


def test_the_first_reminder_goes_to_the_coordinator_when_the_clinic_opens(house: House) -> None:
    ref = house.open_case("2024-01-31")
    swept, delivered = house.pass_time(moment("2024-02-15", "08:00"))
    assert (swept.queued, delivered.sent) == (1, 1)
    assert sent_to(house) == [ROLES["coordinator"]]
    assert notices(house)[0].case_ref == ref
    assert notices(house)[0].kind is Kind.REMINDER


def test_a_second_sweep_at_the_same_time_does_nothing(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-15"))
    swept, delivered = house.pass_time(moment("2024-02-15"))
    assert (swept.deadlines, delivered.handled) == (0, 0)


def test_after_an_outage_each_gets_one_message_marked_late_and_the_rest_collapse(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-04-15"))
    recipients = sent_to(house)
    assert len(recipients) == len(set(recipients))
    assert all(notice.late and notice.reason is Reason.LATE_AFTER_OUTAGE for notice in notices(house))
    outcomes = {outcome for kind, _, _, outcome, _ in house.ledger(ref) if kind == "meeting"}
    assert outcomes == {"sent", "collapsed", "suppressed"}  # suppressed: no consent for FK, no Teams connection


def test_on_a_sunday_nothing_leaves_and_on_monday_it_does(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-18", "12:00"))
    assert house.mail.sent == []
    house.pass_time(moment("2024-02-19", "08:00"))
    assert len(house.mail.sent) == 1


def test_a_met_deadline_sends_no_more_and_accounts_for_what_will_not_come(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "hold_meeting", moment("2024-02-12"), held_on=date(2024, 2, 12), met_on=date(2024, 2, 12))
    house.pass_time(moment("2024-02-15"))
    assert house.mail.sent == []
    reasons = {(outcome, reason) for kind, *_, outcome, reason in house.ledger(ref) if kind == "meeting"}
    assert reasons == {("suppressed", "met")}


def test_a_message_queued_before_the_meeting_is_taken_back_by_it(house: House) -> None:
    ref = house.open_case("2024-01-31")
    assert sweep(house.engine, moment("2024-02-15")).queued == 1
    house.fire(ref, "hold_meeting", moment("2024-02-15", "10:00"), held_on=date(2024, 2, 15), met_on=date(2024, 2, 15))
    house.pass_time(moment("2024-02-15", "11:00"))
    assert house.mail.sent == []


@pytest.mark.parametrize("deputy", ["deputy", "unit_manager"])
def test_a_deputy_gets_what_is_addressed_to_the_absent(house: House, deputy: str) -> None:
    house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-01", "2024-02-29", deputy)
    house.pass_time(moment("2024-02-15"))
    assert sent_to(house) == [ROLES[deputy]]
    assert notices(house)[0].on_behalf


def test_absences_that_point_at_each_other_do_not_go_round_in_circles(house: House) -> None:
    house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-01", "2024-02-29", "deputy")
    house.away("deputy", "2024-02-01", "2024-02-29", "coordinator")
    house.pass_time(moment("2024-02-15"))
    assert sent_to(house)[0] == ROLES["unit_manager"]


def test_when_nobody_holds_a_role_the_next_level_gets_it_and_an_admin_is_alarmed(house: House) -> None:
    house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-01", "2024-02-29")
    house.away("deputy", "2024-02-01", "2024-02-29")
    house.pass_time(moment("2024-02-15"))
    assert sent_to(house) == [ROLES["unit_manager"], ROLES["admin"]]
    assert notices(house)[1].reason is Reason.NOBODY_FOUND


def test_a_handler_hears_nothing_without_the_persons_consent(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-22"))
    assert ROLES["handler"] not in sent_to(house)
    assert ("suppressed", "no_consent") in {entry[3:] for entry in house.ledger(ref)}


def test_a_handler_hears_with_consent(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", moment("2024-02-01"))
    house.pass_time(moment("2024-02-22"))
    assert ROLES["handler"] in sent_to(house)


def test_one_person_in_two_roles_gets_one_message(house: House) -> None:
    house.open_case("2024-01-31")
    house.away("coordinator", "2024-03-01", "2024-03-31", "deputy")
    house.pass_time(moment("2024-03-01"))
    house.pass_time(moment("2024-03-04"))
    keys = [(sent.message, sent.to) for sent in house.mail.sent if isinstance(sent.message, Notice)]
    assert len(keys) == len(set(keys))
