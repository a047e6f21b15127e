"""A commit that succeeds and whose answer is lost (facts/trust.md T4): whoever tries again doubles nothing."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, select

from engine.delivering import deliver
from engine.errors import CaseMovedError
from engine.firing import fire
from engine.parts import Engine
from engine.sweeping import sweep
from storage import tables
from storage.database import Database
from tests.house import House, moment
from workflows.case import Event

CASES, FOLLOW_UPS = 40, 5
MOST_TRIES = 60


class AnswerLostError(Exception):
    """The connection broke after the commit: nobody was told that it succeeded."""


class ForgetfulDatabase(Database):
    """Commits, and then now and then raises as if it had not."""

    def __init__(self, url: str, share: float, chance: random.Random) -> None:
        super().__init__(url)
        self.lost = 0
        self._share, self._chance = share, chance

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
        self._forget()

    @contextmanager
    def at_once(self) -> Iterator["psycopg.Connection[Any]"]:
        with super().at_once() as driver:
            yield driver
        self._forget()

    def _forget(self) -> None:
        if self._chance.random() < self._share:
            self.lost += 1
            raise AnswerLostError


def insist(act: Callable[[], Any]) -> None:
    """Try until it is done and known to be done, as a task queue or an impatient person does."""
    for _ in range(MOST_TRIES):
        try:
            act()
        except AnswerLostError:
            continue
        except CaseMovedError:
            pass  # it had been done
        return
    raise AssertionError("never answered")


def follow(engine: Engine, house: House, ref: str, number: int, now: datetime) -> None:
    """Record a case's meetings, one by one, each meant for the case as it was seen."""
    first = Event("hold_meeting", {"held_on": now.date(), "met_on": now.date()})
    later = Event("hold_follow_up", {"held_on": now.date()})
    for seq, event in enumerate([first, *[later] * number], start=1):
        insist(lambda: fire(engine, ref, event, house.actor("coordinator"), now, expected_seq=seq))  # noqa: B023


@pytest.fixture(params=[0.01, 0.1])
def forgetful(house: House, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine of the house on a database whose answers get lost."""
    url = house.engine.database.url.render_as_string(hide_password=False)
    database = ForgetfulDatabase(url, request.param, random.Random(20240131))
    yield replace(house.engine, database=database)
    database.close()


def test_no_transition_happens_twice(house: House, forgetful: Engine) -> None:
    refs = house.open_many(CASES, "2024-01-31")
    for ref in refs:
        follow(forgetful, house, ref, FOLLOW_UPS, moment("2024-02-12"))
    assert isinstance(forgetful.database, ForgetfulDatabase)
    assert forgetful.database.lost > 0, "no answer was lost: the test has shown nothing"
    with house.engine.database.read() as connection:
        events = Counter(connection.execute(select(tables.history.c.event)).scalars())
    assert events == {"case.open": CASES, "hold_meeting": CASES, "hold_follow_up": CASES * FOLLOW_UPS}


@pytest.mark.slow
def test_no_message_is_queued_or_sent_twice(house: House, forgetful: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of some hundred messages one may well lose five leases in a row here, and would rightly be set aside.
    monkeypatch.setattr("engine.delivering.LOST_LEASES", 50)
    house.open_many(CASES, "2024-01-31")
    day = date(2024, 2, 12)
    while day < date(2024, 4, 12):
        now = moment(day.isoformat())
        insist(lambda: sweep(forgetful, now, limit=7))  # noqa: B023
        for minutes in range(0, 30, 6):  # what was claimed when an answer was lost comes free after five minutes
            insist(lambda: deliver(forgetful, now + timedelta(minutes=minutes), limit=7))  # noqa: B023
        day += timedelta(days=1)
    for minutes in range(0, 300, 6):
        insist(lambda: deliver(forgetful, moment("2024-04-12") + timedelta(minutes=minutes)))  # noqa: B023
    assert isinstance(forgetful.database, ForgetfulDatabase)
    assert forgetful.database.lost > 0, "no answer was lost: the test has shown nothing"
    keys = Counter(sent.key for sent in house.mail.sent)
    assert set(keys.values()) == {1}
    with house.engine.database.read() as connection:
        assert set(connection.execute(select(tables.ledger.c.outcome)).scalars()) == {"sent", "suppressed"}
        assert set(connection.execute(select(tables.outbox.c.state)).scalars()) == {"done"}
