"""A message whose postman was never heard of again may have left: the outbox keeps that doubt for ever."""

from datetime import date, timedelta

from engine.delivering import claim, deliver
from engine.leases import LEASE
from engine.sweeping import sweep
from tests.house import House, moment
from tests.models.reading import fate, outbox

FIRST = moment("2024-02-15")
LATER = FIRST + LEASE + timedelta(seconds=1)
SLOT = "coordinator:email"


def test_a_message_that_may_have_left_and_is_no_longer_wanted_says_so(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    claim(house.engine, FIRST, 1)  # a postman who is never heard of again
    house.fire(ref, "hold_meeting", FIRST, held_on=date(2024, 2, 15), met_on=date(2024, 2, 15))
    deliver(house.engine, LATER)
    assert fate(house, ref, "r1", SLOT) == ("suppressed", "met")
    assert [(row.state, row.uncertain, row.leased_until) for row in outbox(house, SLOT)] == [("done", True, None)]


def test_a_message_that_never_was_in_anybodys_hands_leaves_no_doubt(house: House) -> None:
    ref = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    house.fire(ref, "hold_meeting", FIRST, held_on=date(2024, 2, 15), met_on=date(2024, 2, 15))
    assert fate(house, ref, "r1", SLOT) == ("suppressed", "met")
    assert [(row.state, row.uncertain) for row in outbox(house, SLOT)] == [("done", False)]


def test_a_message_that_killed_its_postmen_may_have_left(house: House) -> None:
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    for lease in range(5):
        claim(house.engine, FIRST + (LEASE + timedelta(seconds=1)) * lease, 1)
    deliver(house.engine, FIRST + (LEASE + timedelta(seconds=1)) * 5)
    assert [(row.state, row.error, row.uncertain) for row in outbox(house, SLOT)] == [("dead", "postman_killed", True)]
