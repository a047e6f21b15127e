import pytest
from sqlalchemy import delete, func, select

import bevaka.publishing
from bevaka.publishing import publish_packaged
from storage.tables import definition
from tests.house import House, moment
from workflows.catalogue import packaged

NOW = moment("2024-01-15")


def published(house: House) -> int:
    with house.engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(definition)).scalar_one())


def test_what_comes_with_the_program_is_published_once(house: House) -> None:
    with house.engine.database.write() as connection:
        connection.execute(delete(definition))
    assert publish_packaged(house.engine, NOW) == len(packaged()) == published(house)
    assert publish_packaged(house.engine, NOW) == 0


def test_at_a_later_start_nothing_is_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_packaged(house.engine, NOW)
    monkeypatch.delattr(bevaka.publishing, "load_packaged")
    assert publish_packaged(house.engine, NOW) == 0


def test_a_new_version_of_the_program_publishes_what_is_new(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.engine.database.write() as connection:
        connection.execute(delete(definition))
    monkeypatch.setattr(bevaka.publishing, "packaged", lambda: packaged()[:1])
    assert publish_packaged(house.engine, NOW) == 1
    monkeypatch.setattr(bevaka.publishing, "packaged", packaged)
    assert publish_packaged(house.engine, NOW) == len(packaged()) - 1
