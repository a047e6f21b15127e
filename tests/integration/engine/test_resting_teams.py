"""A team's connection that answers Retry-After is left alone until then, with everything, by every postman (T7)."""

from datetime import timedelta

from engine.delivering import claim, deliver
from engine.sending import send_all
from engine.sweeping import sweep
from notifications.outcomes import DeliveryFailed
from tests.house import House, moment

UNIT = moment("2024-03-07")  # of cases decided on 2024-01-31: the unit's team is told
REST = timedelta(minutes=20)


def throttled() -> DeliveryFailed:
    return DeliveryFailed("http_429", retry_after=REST)


def test_the_rest_of_a_batch_waits_too(house: House) -> None:
    house.open_many(5, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    house.teams.fail_next(throttled())
    deliver(house.engine, UNIT)
    assert house.teams.sent == []
    deliver(house.engine, UNIT + REST - timedelta(seconds=1))
    assert house.teams.sent == []
    deliver(house.engine, UNIT + REST * 1.25)
    assert len(house.teams.sent) == 5


def test_what_another_postman_had_in_hand_already_waits_too(house: House) -> None:
    house.open_many(4, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    hands = [claim(house.engine, UNIT, 1, ("teams",))[1] for _ in range(2)]
    house.teams.fail_next(throttled())
    assert [send_all(house.engine, hand, lambda: UNIT, UNIT).failed for hand in hands] == [1, 0]
    assert house.teams.sent == []


def test_mail_about_the_same_cases_does_not_wait(house: House) -> None:
    house.open_many(2, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    house.teams.fail_next(throttled())
    deliver(house.engine, UNIT)
    assert house.mail.sent
