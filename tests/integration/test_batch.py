"""Writes sent together: few rows and many, on both kinds of database, all of them or none."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage.batch import Batch
from storage.statements import FEW, Rows, StaleRowError, Statement
from storage.tables import deadline, history, unit
from tests.house import House, moment

NOW = moment("2024-01-31")


def units(house: House) -> dict[str, str]:
    with house.engine.database.read() as connection:
        return {row.code: row.title for row in connection.execute(select(unit)) if row.code.startswith("u")}


def some_units(number: int) -> list[dict[str, str]]:
    return [{"code": f"u{n}", "title": f"Mottagning {n} å'\"%s$1"} for n in range(number)]


@pytest.mark.parametrize("number", [1, FEW, FEW + 1, 300])
def test_few_rows_and_many_are_inserted_alike(house: House, number: int) -> None:
    rows = some_units(number)
    with house.engine.database.write() as connection:
        batch = Batch(connection)
        batch.insert(unit, rows)
        batch.send()
    assert units(house) == {row["code"]: row["title"] for row in rows}


@pytest.mark.parametrize("number", [1, FEW, FEW + 1, 300])
def test_few_rows_and_many_are_updated_alike(house: House, number: int) -> None:
    house.open_many(number)
    with house.engine.database.write() as connection:
        ids = connection.execute(select(deadline.c.id)).scalars().all()
        batch = Batch(connection)
        batch.update(
            deadline, [{"id": i, "next_rung": 7, "quiet": ["snoozed", "2024-02-01", i], "next_at": None} for i in ids]
        )
        batch.send()
    with house.engine.database.read() as connection:
        found = connection.execute(
            select(deadline.c.id, deadline.c.next_rung, deadline.c.quiet, deadline.c.next_at)
        ).all()
    assert {tuple(row) for row in [(r.id, r.next_rung, tuple(r.quiet), r.next_at) for r in found]} == {
        (i, 7, ("snoozed", "2024-02-01", i), None) for i in ids
    }


def write(house: House, *, stale: int | None = None, taken: dict[str, Any] | None = None) -> None:
    """Insert two units, and with them what may be refused."""
    with house.engine.database.write() as connection:
        batch = Batch(connection)
        batch.insert(unit, some_units(2))
        if stale is not None:
            batch.update(deadline, [{"id": stale, "next_rung": 1}], expect=[{"next_rung": 99}])
        if taken is not None:
            batch.insert(history, [taken])
        batch.send()


def test_a_row_that_is_not_as_expected_gives_the_whole_batch_up(house: House) -> None:
    house.open_case()
    with house.engine.database.read() as connection:
        found = connection.execute(select(deadline.c.id)).scalars().one()
    with pytest.raises(StaleRowError):
        write(house, stale=found)
    assert units(house) == {}


def test_a_key_that_is_taken_gives_the_whole_batch_up(house: House) -> None:
    house.open_case()
    with house.engine.database.read() as connection:
        taken = dict(connection.execute(select(history)).mappings().one())
    with pytest.raises(IntegrityError):
        write(house, taken=taken)
    assert units(house) == {}


@pytest.mark.parametrize("number", [1, FEW, FEW + 1, 300])
def test_each_row_is_held_against_its_own_expectation(house: House, number: int) -> None:
    house.open_many(number)
    with house.engine.database.write() as connection:
        ids = connection.execute(select(deadline.c.id).order_by(deadline.c.id)).scalars().all()
        batch = Batch(connection)
        batch.update(deadline, [{"id": i, "next_rung": i} for i in ids], [{"next_rung": 0, "id": i} for i in ids])
        batch.send()
    with house.engine.database.read() as connection:
        assert connection.execute(select(deadline.c.next_rung).order_by(deadline.c.id)).scalars().all() == ids


def test_one_stale_row_among_many_gives_the_whole_batch_up(house: House) -> None:
    house.open_many(40)
    with house.engine.database.read() as connection:
        ids = connection.execute(select(deadline.c.id)).scalars().all()
    stood = [{"next_rung": 99 if number == 17 else 0} for number in range(len(ids))]
    with pytest.raises(StaleRowError):
        move_on(house, ids, stood)
    assert units(house) == {}


def move_on(house: House, ids: Sequence[int], stood: Rows) -> None:
    """Insert two units, and with them move ladders on that are to stand as they stood."""
    with house.engine.database.write() as connection:
        batch = Batch(connection)
        batch.insert(unit, some_units(2))
        batch.update(deadline, [{"id": i, "next_rung": 1} for i in ids], stood)
        batch.send()


def test_a_statement_of_its_own_that_is_given_up_leaves_nothing(postgres_house: House) -> None:
    postgres_house.open_case()
    with postgres_house.engine.database.read() as connection:
        found = connection.execute(select(deadline.c.id)).scalars().one()
    statement = Statement()
    statement.insert(unit, some_units(2))
    statement.update(deadline, [{"id": found, "next_rung": 1}], [{"next_rung": 99}])
    with postgres_house.engine.database.at_once() as driver, pytest.raises(StaleRowError):
        statement.run(driver)
    assert units(postgres_house) == {}


def test_an_empty_batch_sends_nothing(house: House) -> None:
    with house.engine.database.write() as connection:
        batch = Batch(connection)
        batch.insert(unit, [])
        batch.update(unit, [])
        batch.send()
    assert units(house) == {}
