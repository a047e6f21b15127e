"""A postman with more before him than he takes at a time calls for another; where there is little he does not."""

from dataclasses import replace

import pytest

from engine.sweeping import sweep
from storage.agenda import many_wait
from tasks import delivering
from tasks.delivering import deliver_waiting
from tasks.provided import provide, withdraw
from tests.house import House, moment

REMINDED = moment("2024-02-15")


def calls_for_help(house: House) -> int:
    """Return how often one postman calls for another."""
    called: list[int] = []
    provide(replace(house.engine, nudge=lambda: called.append(1)), lambda: REMINDED)
    deliver_waiting()
    withdraw()
    return len(called)


def test_he_calls_once_where_much_waits(postgres_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BATCH", 2)
    postgres_house.open_many(3, "2024-01-31")
    sweep(postgres_house.engine, REMINDED)
    assert calls_for_help(postgres_house) == 1


def test_he_does_not_where_he_can_take_all(postgres_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BATCH", 3)
    postgres_house.open_many(3, "2024-01-31")
    sweep(postgres_house.engine, REMINDED)
    assert calls_for_help(postgres_house) == 0


def test_nobody_helps_where_there_is_one_writer(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BATCH", 2)
    sqlite_house.open_many(3, "2024-01-31")
    sweep(sqlite_house.engine, REMINDED)
    assert calls_for_help(sqlite_house) == 0


def test_what_may_not_leave_yet_is_not_much(house: House) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, REMINDED)
    with house.engine.database.read() as connection:
        assert many_wait(connection, REMINDED, 3)
        assert not many_wait(connection, REMINDED, 4)
        assert not many_wait(connection, moment("2024-02-14"), 1)
