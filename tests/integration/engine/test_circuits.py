"""A channel that is gone pauses for everybody, is probed by one message, and does not hold up the other channel."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import update

from engine.delivering import deliver
from engine.sweeping import sweep
from notifications.outcomes import DeliveryFailed
from storage import circuits, tables
from storage.circuits import FAILURES_THAT_OPEN, FIRST_WAIT, LONGEST_WAIT, Gate
from tests.fakes.channels import FakeEmailSession
from tests.house import House, moment
from tests.models.reading import outbox, permanent

UNIT = moment("2024-03-07")
GONE = DeliveryFailed("connect")


def email_gate(house: House, now: datetime) -> Gate:
    with house.engine.database.write() as connection:
        return circuits.gate(connection, "email", now)


def break_email(house: House) -> None:
    """Let five attempts in a row find no mail server."""
    sweep(house.engine, UNIT)
    house.mail.fail_next(*[GONE] * FAILURES_THAT_OPEN)
    deliver(house.engine, UNIT)


def test_after_five_failures_in_a_row_nothing_more_is_tried(house: House) -> None:
    house.open_many(40, "2024-01-31")
    break_email(house)
    tried = [row for row in outbox(house) if row.channel == "email" and row.attempts]
    assert (len(tried), house.mail.sent) == (FAILURES_THAT_OPEN, [])
    assert email_gate(house, UNIT) is Gate.OPEN


def test_teams_goes_on_while_email_pauses(house: House) -> None:
    house.open_many(10, "2024-01-31")
    house.connect_team()
    break_email(house)
    assert len(house.teams.sent) == 10
    assert house.mail.sent == []


def test_when_the_pause_is_over_one_message_goes_first_and_the_rest_follows_it(house: House) -> None:
    house.open_many(40, "2024-01-31")
    break_email(house)
    deliver(house.engine, UNIT + FIRST_WAIT)
    waiting = [row for row in outbox(house) if row.channel == "email" and row.state == "queued"]
    assert {row.error for row in waiting} <= {"connect"}  # those that were tried keep their own time
    assert len(waiting) <= FAILURES_THAT_OPEN
    assert email_gate(house, UNIT) is Gate.CLOSED


def test_a_probe_that_fails_makes_the_pause_longer_up_to_a_quarter_of_an_hour(house: House) -> None:
    house.open_many(60, "2024-01-31")
    break_email(house)
    now, waits = UNIT, [FIRST_WAIT]
    for _ in range(6):
        now += waits[-1]
        house.mail.fail_next(GONE)
        before = len(house.mail.sent)
        deliver(house.engine, now)
        assert len(house.mail.sent) == before
        with house.engine.database.read() as connection:
            (found,) = circuits.strained(connection)
        assert found.open_until is not None
        waits.append(found.open_until - now)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_a_refusal_of_one_message_is_no_fault_of_the_channel(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_many(20, "2024-01-31")
    sweep(house.engine, UNIT)
    house.mail.fail_next(*[permanent()] * 8)
    deliver(house.engine, UNIT)
    assert email_gate(house, UNIT) is Gate.CLOSED
    assert house.mail.sent


def test_only_one_postman_probes(postgres_house: House) -> None:
    house = postgres_house
    house.open_many(40, "2024-01-31")
    break_email(house)
    later = UNIT + FIRST_WAIT
    with house.engine.database.write() as first, house.engine.database.write() as second:
        assert circuits.gate(first, "email", later) is Gate.PROBE
        assert circuits.gate(second, "email", later) is Gate.OPEN


def until(condition: Callable[[], bool], patience: float = 20.0) -> bool:
    ends = time.monotonic() + patience
    while not condition() and time.monotonic() < ends:
        Event().wait(0.01)
    return condition()


def test_a_mail_server_that_hangs_holds_up_no_teams_message(
    postgres_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, answer = postgres_house, Event()
    house.open_many(12, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    honest = FakeEmailSession.send

    def hang(self: FakeEmailSession, *given: object, **more: object) -> object:
        answer.wait(30)
        return honest(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeEmailSession, "send", hang)
    postman = Thread(target=deliver, args=(replace(house.engine, real_time=True), UNIT))
    postman.start()
    try:
        assert until(lambda: len(house.teams.sent) == 12)
        assert house.mail.sent == []
    finally:
        answer.set()
        postman.join(30)
    assert house.mail.sent


def test_leases_are_measured_by_the_databases_clock(postgres_house: House) -> None:
    house = postgres_house
    house.open_case("2024-01-31")
    sweep(house.engine, UNIT)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.outbox).values(state="sending", leased_until=UNIT + timedelta(minutes=5)))
    # A postman whose clock stands a year behind still sees that the lease ran out long ago.
    assert deliver(replace(house.engine, real_time=True), UNIT).reclaimed > 0
    assert deliver(house.engine, UNIT).reclaimed == 0
