"""What the database refuses is told without the values: they may be a person's."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from storage.tables import unit
from tests.house import House


def test_a_refused_row_is_told_without_its_values(house: House) -> None:
    row = {"code": "canary-unit", "title": "Kanarie Fågel"}
    with house.engine.database.write() as connection:
        connection.execute(insert(unit), [row])
    with pytest.raises(IntegrityError) as refused, house.engine.database.write() as connection:
        connection.execute(insert(unit), [row])
    assert "Kanarie Fågel" not in str(refused.value)
