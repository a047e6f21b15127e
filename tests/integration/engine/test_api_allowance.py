"""A token may ask so much in a minute, whichever of several web processes it asks."""

from datetime import timedelta

from access.actors import OPERATOR
from engine.api_allowance import Allowance
from engine.api_tokens import create_token
from tests.house import ROLES, House, moment

NOW = moment("2024-03-04")


def token_of(house: House) -> int:
    return create_token(house.engine, ROLES["coordinator"], "x", ["read"], 30, OPERATOR, NOW).id


def taken(allowance: Allowance, token_id: int, number: int) -> int:
    return sum(allowance.take(token_id, NOW) is None for _ in range(number))


def test_after_so_many_requests_there_is_none_until_the_minute_is_over(house: House) -> None:
    allowance, token_id = Allowance(house.engine, 45), token_of(house)
    assert taken(allowance, token_id, 60) == 45
    assert allowance.take(token_id, NOW + timedelta(seconds=20)) == timedelta(seconds=40)
    assert allowance.take(token_id, NOW + timedelta(seconds=60)) is None


def test_two_processes_share_it(house: House) -> None:
    first, second, token_id = Allowance(house.engine, 60), Allowance(house.engine, 60), token_of(house)
    assert taken(first, token_id, 40) + taken(second, token_id, 60) == 60


def test_each_token_has_its_own(house: House) -> None:
    allowance = Allowance(house.engine, 5)
    assert [taken(allowance, token_of(house), 9) for _ in range(2)] == [5, 5]


def test_most_requests_write_nothing(house: House) -> None:
    allowance, token_id = Allowance(house.engine, 600), token_of(house)
    taken(allowance, token_id, 19)
    with house.engine.database.read() as connection:
        assert connection.exec_driver_sql("SELECT used FROM api_usage").scalars().all() == [20]
