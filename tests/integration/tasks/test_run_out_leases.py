"""Who notices that a postman was killed when nothing else is due: the next tick's postman."""

from datetime import datetime, timedelta

import pytest

from engine.delivering import claim
from engine.leases import LEASE
from tasks import schedule
from tasks.app import DELIVER, SWEEP
from tasks.delivering import deliver_waiting
from tasks.provided import provide, withdraw
from tasks.schedule import Clockwork
from tasks.sweeping import sweep_due
from tests.house import House, moment

NOW = moment("2024-02-15")
TASKS = {SWEEP: sweep_due, DELIVER: deliver_waiting}


def tick(house: House, at: datetime) -> None:
    """Let the clock tick, and let a worker do at once what it calls for."""
    provide(house.engine, lambda: at)
    Clockwork(house.engine, lambda: at, every=5).tick()
    withdraw()


def test_the_first_tick_after_a_lease_has_run_out_sends_what_a_killed_postman_had(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "call", lambda task: TASKS.get(task, dict)())
    house.open_case("2024-01-31")
    provide(house.engine, lambda: NOW)
    sweep_due()
    withdraw()
    claim(house.engine, NOW, 100)  # and then nothing: killed
    sent = []
    for seconds in range(0, 60, 5):
        tick(house, NOW + timedelta(seconds=seconds))
        sent.append(len(house.mail.sent))
    assert 5 * sent.index(1) == LEASE.seconds
    assert sent[-1] == 1
