from dataclasses import replace
from datetime import timedelta

import pytest

from demo.clock import DemoClock
from demo.errands import BusyError, Errands, Journey, Stage
from demo.time_machine import TimeMachine, TimeRunsForwardError, Travelled
from demo.traveller import Traveller
from engine.auditing import unaccounted
from tests.house import House, moment

STARTS, ENDS = moment("2024-02-01"), moment("2024-06-03")


@pytest.fixture
def errands(house: House) -> Errands:
    return Errands(house.engine.database)


@pytest.fixture
def clock(house: House) -> DemoClock:
    made = DemoClock(house.engine.database)
    made.release(STARTS)
    return made


def test_while_one_journey_is_under_way_another_is_refused(errands: Errands) -> None:
    errands.ask(Journey.FORWARD, STARTS, ENDS)
    with pytest.raises(BusyError):
        errands.ask(Journey.OUTAGE, STARTS, ENDS)


def test_an_errand_is_read_back_as_it_was_written(errands: Errands) -> None:
    asked = errands.ask(Journey.FORWARD, STARTS, ENDS, acting=False)
    assert errands.latest() == asked
    far = replace(asked, stage=Stage.RUNNING, day=STARTS.date() + timedelta(days=61), messages=7)
    assert errands.report(far)
    assert errands.latest() == far
    assert 0.4 < far.part < 0.6


def test_a_journey_asked_to_stop_is_told_so_and_stays_asked(errands: Errands) -> None:
    asked = errands.ask(Journey.FORWARD, STARTS, ENDS)
    errands.stop()
    assert not errands.report(replace(asked, stage=Stage.RUNNING))
    latest = errands.latest()
    assert latest is not None
    assert latest.stage is Stage.STOPPING


def test_what_a_killed_process_left_is_ended(errands: Errands) -> None:
    errands.ask(Journey.FORWARD, STARTS, ENDS)
    errands.forget_interrupted()
    errands.ask(Journey.FORWARD, STARTS, ENDS)  # not refused


def test_a_journey_forward_sends_each_rung_at_its_own_time(house: House, errands: Errands, clock: DemoClock) -> None:
    ref = house.open_case("2024-01-31")
    ended = Traveller(house.engine, clock).do(errands.ask(Journey.FORWARD, clock(), ENDS, acting=False))
    assert ended.stage is Stage.DONE
    assert ended.messages == len(house.mail.sent) > 3
    assert {entry[3] for entry in house.ledger(ref) if not entry[4]} == {"sent"}  # none collapsed, none late
    assert unaccounted(house.engine, clock()) == []
    assert clock() >= ENDS


def test_an_outage_sends_nothing(house: House, errands: Errands, clock: DemoClock) -> None:
    house.open_case("2024-01-31")
    ended = Traveller(house.engine, clock).do(errands.ask(Journey.OUTAGE, clock(), ENDS))
    assert ended.stage is Stage.DONE
    assert house.mail.sent == []
    assert unaccounted(house.engine, clock()) != []  # and the audit sees it


def test_a_journey_ends_where_it_was_stopped(house: House, clock: DemoClock) -> None:
    days: list[Travelled] = []

    def ten_days(travelled: Travelled) -> bool:
        days.append(travelled)
        return len(days) < 10

    travelled = TimeMachine(house.engine, clock).advance(ENDS, watcher=ten_days)
    assert travelled.cancelled
    assert STARTS < clock() < STARTS + timedelta(days=20)
    assert not clock.held


def test_time_does_not_run_backwards(house: House, clock: DemoClock) -> None:
    with pytest.raises(TimeRunsForwardError):
        TimeMachine(house.engine, clock).advance(STARTS - timedelta(days=1))


def test_a_journey_that_breaks_off_is_told_and_the_next_one_may_begin(
    house: House, errands: Errands, clock: DemoClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no more room")

    monkeypatch.setattr("demo.time_machine.sweep", broken)
    house.open_case("2024-01-31")
    ended = Traveller(house.engine, clock).do(errands.ask(Journey.FORWARD, clock(), ENDS, acting=False))
    assert ended.stage is Stage.FAILED
    assert not clock.held
    errands.ask(Journey.FORWARD, clock(), ENDS)
