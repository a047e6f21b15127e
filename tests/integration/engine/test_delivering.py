"""A message leaves in working hours, if it is still wanted, to whoever should get it now, by the way that works."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from engine.delivering import deliver
from engine.sweeping import sweep
from notifications.messages import Kind, Reason, Roundup
from notifications.outcomes import DeliveryFailed
from storage import definitions, tables
from tests.house import House, moment
from tests.models.reading import alarms, fate, mailed, notices, outbox, temporary

FIRST = moment("2024-02-15")  # of a case decided on 2024-01-31: r1 to the coordinator
SECOND = moment("2024-02-22")  # r2 to coordinator and handler
OVERDUE = moment("2024-03-01")  # e1 to coordinator and deputy; it was due on 2024-02-29
UNIT = moment("2024-03-07")  # e2 to the unit manager and the unit's team
COORDINATOR = "coordinator:email"
TEAM = "unit:teams"
GONE = DeliveryFailed("http_404", channel_broken=True)


def test_without_a_teams_connection_the_team_is_not_told_and_the_ledger_says_so(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(UNIT)
    assert fate(house, ref, "e2", TEAM) == ("suppressed", "no_channel")


def test_a_rung_with_two_channels_goes_through_both(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.connect_team()
    house.pass_time(UNIT)
    assert fate(house, ref, "e2", TEAM) == fate(house, ref, "e2", "unit_manager:email") == ("sent", None)
    assert len(house.teams.sent) == 1


def test_another_units_team_is_not_told(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31", unit="south")
    house.connect_team("north")
    house.pass_time(UNIT)
    assert house.teams.sent == []


def test_three_refusals_in_a_row_break_a_connection_and_the_owner_is_mailed_instead(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.connect_team()
    house.teams.fail_next(GONE, GONE, GONE)
    for minutes in (0, 10, 20):
        house.pass_time(UNIT + timedelta(minutes=minutes))
    assert fate(house, ref, "e2", TEAM) == ("failed", "undeliverable")
    assert fate(house, ref, "e2", "fallback/coordinator:email") == ("sent", None)
    assert Reason.DELIVERY_FAILED in {alarm.reason for alarm in alarms(house)}
    with house.engine.database.read() as connection:
        assert connection.execute(select(tables.team_channel.c.broken_at)).scalar_one() is not None


def test_a_broken_connection_is_not_tried_again(sqlite_house: House) -> None:
    house = sqlite_house
    house.connect_team()
    with house.engine.database.write() as connection:
        connection.execute(update(tables.team_channel).values(broken_at=FIRST))
    ref = house.open_case("2024-01-31")
    house.pass_time(UNIT)
    assert house.teams.sent == []
    assert fate(house, ref, "e2", "fallback/coordinator:email") == ("sent", None)


def test_refusals_with_a_success_between_them_break_nothing(sqlite_house: House) -> None:
    house = sqlite_house
    house.connect_team()
    house.open_case("2024-01-31")
    house.teams.fail_next(GONE, GONE, None, GONE)
    for minutes in (0, 10, 20):
        house.pass_time(UNIT + timedelta(minutes=minutes))
    with house.engine.database.read() as connection:
        assert connection.execute(select(tables.team_channel.c.refused, tables.team_channel.c.broken_at)).one() == (
            0,
            None,
        )


def test_a_connection_takes_twenty_five_posts_in_five_minutes_and_the_next_ones_wait(house: House) -> None:
    refs = house.open_many(60, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    posted = []
    for seconds in (0, 1, 299, 300, 600):
        deliver(house.engine, UNIT + timedelta(seconds=seconds), limit=1)
        posted.append(len(house.teams.sent))
    assert posted == [25, 25, 25, 50, 60]
    assert {fate(house, ref, "e2", TEAM) for ref in refs} == {("sent", None)}


def test_where_more_is_due_than_a_connection_takes_it_leaves_as_cards_of_several_lines(house: House) -> None:
    refs = house.open_many(60, "2024-01-31")
    house.connect_team()
    house.pass_time(UNIT)
    cards = [sent.message for sent in house.teams.sent]
    assert [len(card.lines) for card in cards if isinstance(card, Roundup)] == [25, 25, 10]
    assert sorted(line.case_ref for card in cards if isinstance(card, Roundup) for line in card.lines) == sorted(refs)
    assert {fate(house, ref, "e2", TEAM) for ref in refs} == {("sent", None)}


def test_a_card_of_several_lines_that_fails_is_tried_again_with_all_of_them(sqlite_house: House) -> None:
    house = sqlite_house
    refs = house.open_many(30, "2024-01-31")
    house.connect_team()
    house.teams.fail_next(temporary("http_429"))
    house.pass_time(UNIT)
    house.pass_time(UNIT + timedelta(minutes=1))
    lines = [line for sent in house.teams.sent if isinstance(sent.message, Roundup) for line in sent.message.lines]
    alone = [sent.message for sent in house.teams.sent if not isinstance(sent.message, Roundup)]
    assert len(lines) + len(alone) == 30
    assert {fate(house, ref, "e2", TEAM) for ref in refs} == {("sent", None)}


@pytest.mark.parametrize(
    ("clock", "leaves"), [("07:59", "2024-02-15"), ("17:00", "2024-02-16"), ("23:30", "2024-02-16")]
)
def test_quiet_hours_delay_and_do_not_drop(house: House, clock: str, leaves: str) -> None:
    house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15", "08:00"))
    deliver(house.engine, moment("2024-02-15", clock))
    assert mailed(house) == []
    deliver(house.engine, moment(leaves, "08:00"))
    assert mailed(house) == ["coordinator"]


def test_on_a_holiday_nothing_leaves(house: House) -> None:
    house.open_case("2024-04-12")  # due on Monday 13 May; r2 five working days before: 3 May, with Ascension between
    house.pass_time(moment("2024-05-09", "10:00"))  # Kristi himmelsfärdsdag, a Thursday
    assert house.mail.sent == []
    house.pass_time(moment("2024-05-10", "08:00"))
    assert mailed(house) == ["coordinator"]


def test_on_a_day_the_clinic_has_declared_closed_nothing_leaves(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        definitions.insert_closure(connection, date(2024, 2, 15), "Flytt", FIRST)
    deliver(house.engine, FIRST)
    assert house.mail.sent == []
    deliver(house.engine, moment("2024-02-16", "08:00"))
    assert mailed(house) == ["coordinator"]


def test_an_alarm_keeps_working_hours_too(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    for role in ("coordinator", "deputy"):
        house.away(role, "2024-02-01", "2024-02-29")
    deliver(house.engine, moment("2024-02-15", "16:59"), most=1)
    assert alarms(house) == []
    deliver(house.engine, moment("2024-02-17", "12:00"))
    assert alarms(house) == []
    deliver(house.engine, moment("2024-02-19", "08:00"))
    assert len(alarms(house)) == 1


def test_an_acknowledged_reminder_is_taken_back(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    house.fire(ref, "deadline.acknowledge", FIRST, deadline="meeting", until_on=date(2024, 2, 27))
    deliver(house.engine, FIRST)
    assert (mailed(house), fate(house, ref, "r1", COORDINATOR)) == ([], ("suppressed", "acknowledged"))


def test_an_acknowledgement_does_not_hold_an_escalation(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.fire(ref, "deadline.acknowledge", SECOND, deadline="meeting", until_on=date(2024, 3, 12))
    house.pass_time(OVERDUE)
    assert fate(house, ref, "e1", COORDINATOR) == ("sent", None)


def test_an_acknowledgement_holds_repeats_and_then_says_that_it_is_over(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-03-14"))  # e3, to the project lead, for the first time
    house.fire(ref, "deadline.acknowledge", moment("2024-03-15"), deadline="meeting", until_on=date(2024, 3, 25))
    house.pass_time(moment("2024-03-21"))
    assert fate(house, ref, "e3#2", "project_lead:email") == ("suppressed", "acknowledged")
    house.pass_time(moment("2024-03-25"))
    assert notices(house, "coordinator")[-1].kind is Kind.ACK_ENDED
    house.pass_time(moment("2024-03-28"))
    assert fate(house, ref, "e3#3", "project_lead:email") == ("sent", None)


def test_a_snoozed_reminder_is_taken_back_and_the_end_of_the_snooze_is_told(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    house.fire(ref, "deadline.snooze", FIRST, deadline="meeting", until_on=date(2024, 2, 20), reason="semester")
    deliver(house.engine, FIRST)
    assert fate(house, ref, "r1", COORDINATOR) == ("suppressed", "snoozed")
    house.pass_time(moment("2024-02-20", "08:00"))
    assert [notice.kind for notice in notices(house, "coordinator")] == [Kind.SNOOZE_ENDED]


def test_what_a_pause_finds_unsent_is_taken_back(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    house.fire(ref, "case.pause", FIRST, kind="parental_leave")
    deliver(house.engine, FIRST)
    house.pass_time(moment("2024-06-03"))
    assert (mailed(house), fate(house, ref, "r1", COORDINATOR)) == ([], ("suppressed", "paused"))


def test_consent_withdrawn_while_a_message_waits_keeps_it_from_leaving(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", moment("2024-02-01"))
    sweep(house.engine, SECOND)
    house.fire(ref, "withdraw_consent", SECOND)
    deliver(house.engine, SECOND)
    assert "handler" not in mailed(house)
    assert fate(house, ref, "r2", "handler:email") == ("suppressed", "no_consent")


def test_consent_given_while_a_message_waits_lets_it_leave(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    sweep(house.engine, SECOND)
    house.fire(ref, "record_consent", SECOND)
    deliver(house.engine, SECOND)
    assert fate(house, ref, "r2", "handler:email") == ("sent", None)


def test_an_unsent_reminder_collapses_into_the_next(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)  # and no postman for a week
    house.pass_time(SECOND)
    assert fate(house, ref, "r1", COORDINATOR) == ("collapsed", "newer_rung")
    assert fate(house, ref, "r2", COORDINATOR) == ("sent", None)
    assert mailed(house) == ["coordinator"]


def test_somebody_who_has_left_gets_nothing_and_the_deputy_does(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        left = update(tables.staff).where(tables.staff.c.id == house.staff["coordinator"])
        connection.execute(left.values(active=False))
    house.pass_time(FIRST)
    assert mailed(house) == ["deputy"]


def test_whoever_coordinates_when_it_leaves_gets_it(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.case).values(coordinator_id=house.staff["deputy"]))
    deliver(house.engine, FIRST)
    assert mailed(house) == ["deputy"]


def test_a_backlog_beyond_one_batch_leaves_whole(house: House) -> None:
    refs = house.open_many(30, "2024-01-31")
    sweep(house.engine, UNIT, limit=7)
    deliver(house.engine, UNIT, limit=7)
    assert {row.state for row in outbox(house)} == {"done"}
    sent = Counter((entry[0], entry[2]) for ref in refs for entry in house.ledger(ref) if entry[3] == "sent")
    assert set(sent.values()) == {30}


def test_without_a_mail_server_everything_waits(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    assert deliver(replace(house.engine, email=None), FIRST).handled == 0
    assert [row.state for row in outbox(house)] == ["queued"]
