"""Rows by the thousand: every type comes back as it was written, on both kinds of database, all of them or none."""

from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError

from storage.bulk import among, insert_many, reserve_ids
from storage.tables import case, deadline, person, unit
from tests.house import House, moment

NOW = moment("2024-01-31")


def insert(house: House, table: Table, rows: list[dict[str, Any]]) -> None:
    with house.engine.database.write() as connection:
        insert_many(connection, table, rows)


def persons(*names: str) -> list[dict[str, Any]]:
    sealed = {"wrapped_key": b"\x00\xff\n\t\\", "nonce": b"", "ciphertext": bytes(range(256))}
    return [{"id": name, "number_index": f"index of {name}", "key_id": "k1", **sealed} for name in names]


def test_text_and_bytes_come_back_as_they_were(house: House) -> None:
    rows = persons("å'\"%s$1", "\\N", "a\tb\nc")
    insert(house, person, rows)
    with house.engine.database.read() as connection:
        found = connection.execute(select(*(person.c[name] for name in rows[0])).order_by(person.c.id)).all()
    assert [dict(row._mapping) for row in found] == sorted(rows, key=lambda row: row["id"])


def test_dates_instants_flags_json_and_nothing_come_back_as_they_were(house: House) -> None:
    house.open_many(1)
    with house.engine.database.read() as connection:
        stored = dict(connection.execute(select(deadline)).first()._mapping)  # type: ignore[union-attr]
    rows = [
        {
            **stored,
            "id": 1001,
            "occurrence": 1001,
            "quiet": ["snoozed", "2024-02-01", 3],
            "next_at": NOW,
            "paused": True,
        },
        {**stored, "id": 1002, "occurrence": 1002, "quiet": None, "next_at": None, "paused": False},
    ]
    insert(house, deadline, rows)
    with house.engine.database.read() as connection:
        found = connection.execute(select(deadline).where(deadline.c.id > 1000).order_by(deadline.c.id)).all()
    assert [dict(row._mapping) for row in found] == rows


def test_nothing_is_nothing_to_insert(house: House) -> None:
    insert(house, person, [])
    assert house.count("person") == 0


@pytest.mark.parametrize("rows", [persons("one", "two", "one"), persons("two", "taken")], ids=["twice", "taken"])
def test_a_taken_key_is_refused_and_nothing_stays(house: House, rows: list[dict[str, Any]]) -> None:
    insert(house, person, persons("taken"))
    with pytest.raises(IntegrityError):
        insert(house, person, rows)
    assert house.count("person") == 1


def test_what_a_refusal_says_holds_no_value(postgres_house: House) -> None:
    insert(postgres_house, person, persons("taken"))
    with pytest.raises(IntegrityError) as refused:
        insert(postgres_house, person, persons("taken"))
    assert refused.value.params is None
    assert "ciphertext" not in str(refused.value)


def test_ids_are_drawn_in_order_and_fit_the_next_rows(house: House) -> None:
    house.open_many(2)
    with house.engine.database.write() as connection:
        taken = set(connection.execute(select(unit.c.id)).scalars())
        drawn = reserve_ids(connection, unit, 3)
        insert_many(connection, unit, [{"id": i, "code": f"u{i}", "title": "Mottagning"} for i in drawn])
        count = connection.execute(select(func.count()).select_from(unit)).scalar_one()
    assert drawn == sorted(drawn)
    assert not taken & set(drawn)
    assert count == len(taken) + 3


def test_two_who_draw_at_once_draw_different_ids(postgres_house: House) -> None:
    database = postgres_house.engine.database
    with database.write() as one, database.write() as other:
        assert not set(reserve_ids(one, case, 5)) & set(reserve_ids(other, case, 5))


def test_who_opens_a_case_afterwards_gets_an_id_of_her_own(house: House) -> None:
    house.open_many(3)
    house.open_many(3)
    assert house.count("case") == 6


@pytest.mark.parametrize("wanted", [[], ["two"], ["one", "three", "nobody"], ["å'\"%s$1\\"]])
def test_texts_are_found_among_others(house: House, wanted: list[str]) -> None:
    there = ["one", "two", "three", "å'\"%s$1\\"]
    insert(house, person, persons(*there))
    with house.engine.database.read() as connection:
        found = connection.execute(select(person.c.id).where(among(connection, person.c.id, wanted))).scalars().all()
    assert set(found) == set(wanted) & set(there)
