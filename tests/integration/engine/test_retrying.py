"""A message that fails is tried again, as the same message, in working hours; or given up where people can see it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.delivering import claim, deliver
from engine.leases import LEASE
from engine.outcomes import record
from engine.sweeping import sweep
from notifications.messages import Reason
from notifications.outcomes import Accepted
from storage import tables
from tests.house import House, moment
from tests.models.reading import alarms, fate, mailed, notices, outbox, permanent, temporary

FIRST = moment("2024-02-15")  # the first reminder of a case decided on 2024-01-31: the coordinator's
OVERDUE = "2024-03-01"  # a Friday; the first escalation, to the coordinator and the deputy
COORDINATOR = "coordinator:email"


def test_a_temporary_failure_is_tried_again_after_a_while(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(temporary())
    house.pass_time(FIRST)
    assert (mailed(house), fate(house, ref, "r1", COORDINATOR)) == ([], ("queued", None))
    house.pass_time(FIRST + timedelta(seconds=59))
    assert mailed(house) == []
    house.pass_time(FIRST + timedelta(seconds=76))  # a minute and up to a quarter of it
    assert (mailed(house), fate(house, ref, "r1", COORDINATOR)) == (["coordinator"], ("sent", None))


def test_a_retry_is_the_same_message(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    house.mail.fail_next(temporary())
    house.pass_time(FIRST)
    (row,) = outbox(house)
    house.pass_time(FIRST + timedelta(minutes=2))
    assert [sent.key for sent in house.mail.sent] == [row.key]


@pytest.mark.parametrize("unknown", [True, False])
def test_only_after_an_unknown_outcome_does_a_retry_say_it_may_be_a_duplicate(
    sqlite_house: House, unknown: bool
) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    house.mail.fail_next(temporary("timeout_after_data", unknown=unknown))
    house.pass_time(FIRST)
    house.pass_time(FIRST + timedelta(minutes=2))
    assert [sent.uncertain for sent in house.mail.sent] == [unknown]
    assert outbox(house)[0].uncertain == unknown


def test_a_retry_that_falls_on_a_weekend_moves_to_monday(house: House) -> None:
    house.open_case("2024-01-31")
    house.mail.fail_next(temporary(), temporary())
    house.pass_time(moment(OVERDUE, "16:59"))
    waiting = {row.not_before for row in outbox(house) if row.state == "queued"}
    assert waiting == {moment("2024-03-04", "08:00")}
    house.pass_time(moment("2024-03-03", "12:00"))
    assert mailed(house) == []
    house.pass_time(moment("2024-03-04", "08:00"))
    assert sorted(mailed(house)) == ["coordinator", "deputy"]


def test_a_server_that_says_how_long_to_wait_is_obeyed(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    busy = temporary("smtp_421")
    busy.retry_after = timedelta(minutes=40)
    house.mail.fail_next(busy)
    house.pass_time(FIRST)
    assert outbox(house)[0].not_before == FIRST + timedelta(minutes=40)


def test_a_permanent_failure_reaches_the_next_level_and_the_admins(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(permanent())
    house.pass_time(FIRST)
    assert fate(house, ref, "r1", COORDINATOR) == ("failed", "undeliverable")
    assert fate(house, ref, "r1", "fallback/unit_manager:email") == ("sent", None)
    assert notices(house, "unit_manager")[0].reason is Reason.CHANNEL_FALLBACK
    assert [alarm.reason for alarm in alarms(house)] == [Reason.DELIVERY_FAILED]


def test_a_failure_leaves_no_rung_unaccounted(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(permanent())
    house.pass_time(FIRST)
    with house.engine.database.read() as connection:
        counted = connection.execute(tables.deadline.select()).one().accounted
    assert counted == len(house.ledger(ref)) == 2


def test_a_fallback_that_fails_has_no_fallback_of_its_own(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(permanent(), None, permanent())  # the message, not the alarm, the fallback
    house.pass_time(FIRST)
    house.pass_time(FIRST + timedelta(hours=1))
    assert set(mailed(house)) == {"admin"}
    assert [entry[2:] for entry in house.ledger(ref)] == [
        (COORDINATOR, "failed", "undeliverable"),
        ("fallback/unit_manager:email", "failed", "undeliverable"),
    ]


def test_one_cause_alarms_once_a_day(house: House) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, FIRST)
    house.mail.fail_next(permanent(), permanent(), permanent())
    deliver(house.engine, FIRST)
    assert len(alarms(house)) == 1
    sweep(house.engine, moment("2024-02-22"))
    house.mail.fail_next(permanent(), permanent(), permanent())
    deliver(house.engine, moment("2024-02-22"))
    assert len(alarms(house)) == 2


def test_a_budget_of_tries_ends_in_a_visible_failure(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(*[temporary()] * 6)
    for hour in range(6):
        house.pass_time(FIRST + timedelta(hours=hour))
    assert fate(house, ref, "r1", COORDINATOR) == ("failed", "undeliverable")
    dead = outbox(house, COORDINATOR)[0]
    assert (dead.state, dead.error, dead.attempts) == ("dead", "smtp_451", 6)


def test_a_retry_is_dropped_when_the_deadline_has_been_met_meanwhile(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(temporary())
    house.pass_time(FIRST)
    held = (FIRST + timedelta(seconds=30)).date()
    house.fire(ref, "hold_meeting", FIRST + timedelta(seconds=30), held_on=held, met_on=held)
    house.pass_time(FIRST + timedelta(minutes=5))
    assert (mailed(house), fate(house, ref, "r1", COORDINATOR)) == ([], ("suppressed", "met"))


def test_what_a_killed_postman_had_in_hand_is_sent_again_as_a_possible_duplicate(house: House) -> None:
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    _, (parcel,) = claim(house.engine, FIRST, 100)  # and then nothing: killed
    assert deliver(house.engine, FIRST + LEASE - timedelta(seconds=1)).handled == 0
    assert deliver(house.engine, FIRST + LEASE).sent == 1
    assert [(sent.key, sent.uncertain) for sent in house.mail.sent] == [(parcel.key, True)]


def test_a_stale_claim_records_nothing(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    _, (old,) = claim(house.engine, FIRST, 100)
    _, (new,) = claim(house.engine, FIRST + timedelta(minutes=5), 100)
    assert record(house.engine, old, Accepted("250"), FIRST + timedelta(minutes=6)) is False
    assert fate(house, ref, "r1", COORDINATOR) == ("queued", None)
    assert record(house.engine, new, Accepted("250"), FIRST + timedelta(minutes=6)) is True
    assert fate(house, ref, "r1", COORDINATOR) == ("sent", None)


def test_a_stale_failure_neither_retries_nor_falls_back(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    _, (old,) = claim(house.engine, FIRST, 100)
    assert deliver(house.engine, FIRST + timedelta(minutes=5)).sent == 1
    assert record(house.engine, old, permanent(), FIRST + timedelta(minutes=6)) is False
    assert [entry[1:] for entry in house.ledger(ref)] == [("r1", COORDINATOR, "sent", None)]


def test_people_found_by_a_failed_attempt_do_not_stand_in_the_way_of_the_next(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(temporary(), temporary())  # one to the coordinator, one to the deputy
    house.pass_time(moment(OVERDUE))
    house.away("coordinator", OVERDUE, OVERDUE, "deputy")
    house.pass_time(moment(OVERDUE, "10:00"))
    assert mailed(house) == ["deputy"]
    fates = {fate(house, ref, "e1", slot) for slot in (COORDINATOR, "deputy:email")}
    assert fates == {("sent", None), ("collapsed", "same_person")}


def test_a_recipient_without_a_usable_address_fails_visibly(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        broken = update(tables.staff).where(tables.staff.c.id == house.staff["coordinator"])
        connection.execute(broken.values(email="no address"))
    house.pass_time(FIRST)
    assert fate(house, ref, "r1", COORDINATOR) == ("failed", "undeliverable")
    assert mailed(house) == ["admin", "unit_manager"]
