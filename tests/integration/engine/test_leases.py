"""How long a claim lasts: as long as its postman lives, and less than a minute longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import sending
from engine.delivered import Delivered
from engine.delivering import claim, deliver
from engine.leases import LEASE, renew_after
from engine.sending import send_all
from engine.sweeping import sweep
from notifications.channels.email import SmtpSettings
from notifications.channels.teams import TeamsSettings
from storage import circuits
from tests.fakes.channels import FakeEmailSession
from tests.house import House, RememberingMail, moment
from tests.models.reading import outbox

FIRST = moment("2024-02-15")  # the first reminder of cases decided on 2024-01-31 is due
SLOW = timedelta(seconds=30)  # the longest that one try may take


class Hours:
    """A clock that goes only when somebody works."""

    def __init__(self) -> None:
        self.now = FIRST

    def __call__(self) -> datetime:
        return self.now


class SlowMail(RememberingMail):
    """Takes time for every message; somebody may do something meanwhile."""

    def __init__(self, clock: Hours, takes: timedelta, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.clock, self.takes, self.meanwhile = clock, takes, meanwhile

    def open(self) -> FakeEmailSession:
        return SlowSession(self)


class SlowSession(FakeEmailSession):
    """A conversation with a slow server."""

    def send(self, key: str, to: Any, message: Any, **how: Any) -> Any:
        slow = self._channel
        assert isinstance(slow, SlowMail)
        accepted = super().send(key, to, message, **how)
        slow.clock.now += slow.takes
        slow.meanwhile()
        return accepted


def deliver_slowly(house: House, takes: timedelta, meanwhile: Callable[[Hours], object]) -> tuple[SlowMail, Delivered]:
    clock = Hours()
    mail = SlowMail(clock, takes, lambda: meanwhile(clock))
    return mail, deliver(replace(house.engine, email=mail), FIRST, clock=clock)


def test_a_batch_of_slow_sends_is_nobody_elses_while_its_postman_lives(house: House) -> None:
    house.open_many(12, "2024-01-31")
    sweep(house.engine, FIRST)
    others = []
    mail, _ = deliver_slowly(house, SLOW, lambda clock: others.append(deliver(house.engine, clock.now).handled))
    assert (len(mail.sent), len(house.mail.sent), set(others)) == (12, 0, {0})
    assert {row.uncertain for row in outbox(house)} == {False}


def test_a_quick_batch_renews_nothing(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_many(3, "2024-01-31")
    sweep(house.engine, FIRST)
    seen = []
    deliver_slowly(
        house, renew_after() / 4, lambda _: seen.append({row.leased_until for row in outbox(house)} - {None})
    )
    assert seen == [{FIRST + LEASE}] * 3


def test_a_postman_who_was_stopped_sends_nothing_another_has_sent(house: House) -> None:
    house.open_many(20, "2024-01-31")
    sweep(house.engine, FIRST)
    asleep = LEASE + timedelta(seconds=1)
    mail, _ = deliver_slowly(house, asleep, lambda clock: deliver(house.engine, clock.now))
    assert (len(mail.sent), len(house.mail.sent)) == (1, 20)  # the one under way when he was stopped, and no other


def test_what_ran_out_and_nobody_took_is_still_sent_by_whoever_has_it(house: House) -> None:
    house.open_many(5, "2024-01-31")
    sweep(house.engine, FIRST)
    mail, _ = deliver_slowly(house, 2 * LEASE, lambda _: None)
    assert len(mail.sent) == 5
    assert {row.state for row in outbox(house)} == {"done"}


def test_a_killed_postmans_work_is_free_within_a_minute(house: House) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, FIRST)
    claim(house.engine, FIRST, 100)  # and then nothing: killed
    assert deliver(house.engine, FIRST + LEASE - timedelta(seconds=1)).handled == 0
    assert deliver(house.engine, FIRST + timedelta(seconds=55)).sent == 3


def test_while_one_cannot_be_written_down_the_next_does_not_leave(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, FIRST)

    def no_ink(*_given: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(sending, "record", no_ink)
    with pytest.raises(ConnectionError):
        deliver(house.engine, FIRST)
    assert len(house.mail.sent) == 1


def test_what_was_stopped_between_its_turn_and_its_leaving_does_not_leave(house: House) -> None:
    house.open_many(1, "2024-01-31")
    sweep(house.engine, FIRST)
    clock = Hours()
    _, parcels = claim(house.engine, FIRST, 100)

    class StoppedSession(FakeEmailSession):
        def send(self, key: str, to: Any, message: Any, **how: Any) -> Any:
            clock.now += LEASE
            return super().send(key, to, message, **how)

    class StoppedMail(RememberingMail):
        def open(self) -> FakeEmailSession:
            return StoppedSession(self)

    mail = StoppedMail()
    assert send_all(replace(house.engine, email=mail), parcels, clock, FIRST).postponed == 1
    assert (len(mail.sent), {row.state for row in outbox(house)}) == (0, {"queued"})


def test_a_lease_outlasts_a_try_that_begins_just_before_it_is_renewed() -> None:
    longest = max(_default(SmtpSettings), _default(TeamsSettings))
    assert timedelta(seconds=longest) + renew_after() < LEASE


def test_a_killed_probe_keeps_nobody_waiting_longer_than_a_lease() -> None:
    assert circuits.PROBE_PATIENCE <= LEASE


def _default(settings: Any) -> float:
    value: float = settings.__dataclass_fields__["total_timeout"].default
    return value
