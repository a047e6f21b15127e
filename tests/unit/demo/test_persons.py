from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from demo.arrivals import FIRST_DAY, LAST_DAY, planned_arrivals
from demo.people import WORKERS
from demo.persons import invent_persons

ON = date(2023, 2, 13)


def test_every_number_is_of_the_test_series() -> None:
    assert all(person.identity.number.is_synthetic for person in invent_persons(187, ON, "a"))


def test_no_two_have_a_name_or_a_number_in_common() -> None:
    persons = invent_persons(500, ON, "a")
    assert len({person.identity.name for person in persons}) == 500
    assert len({person.identity.number for person in persons}) == 500


def test_nobody_shares_a_name_with_somebody_who_works_here() -> None:
    invented = {part for person in invent_persons(500, ON, "a") for part in person.identity.name.split()}
    assert invented.isdisjoint(part for worker in WORKERS for part in worker.name.split())


def test_equal_seeds_give_equal_people_and_others_do_not() -> None:
    first, same, other = (invent_persons(5, ON, seed) for seed in ("a", "a", "b"))
    assert [p.identity for p in first] == [p.identity for p in same]
    assert [p.identity for p in first] != [p.identity for p in other]


def test_the_last_day_of_benefit_is_the_day_before_the_month_of_turning_thirty() -> None:
    for person in invent_persons(50, ON, "a"):
        next_day = date.fromordinal(person.age_limit_on.toordinal() + 1)
        assert (next_day.year, next_day.month, next_day.day) == (person.born_on.year + 30, person.born_on.month, 1)


@given(st.text(max_size=8))
def test_every_arrival_is_a_decision_that_can_be_granted(seed: str) -> None:
    for arrival in planned_arrivals(20, seed):
        decided, begins, until = (arrival.data[name] for name in ("decision_date", "benefit_from", "benefit_until"))
        assert isinstance(decided, date)
        assert isinstance(begins, date)
        assert isinstance(until, date)
        assert begins <= decided < arrival.at.date() < until
        assert FIRST_DAY <= arrival.at.date() <= date.fromordinal(LAST_DAY.toordinal() + 4)
