"""Upgrades lose nothing: down and up again with data; the former program goes on beside the next (T24)."""

from sqlalchemy import Connection, MetaData, Table, insert, inspect, select, update

from engine.delivering import deliver
from storage import schema
from storage.backups import Content, content_of
from storage.database import Database
from storage.tables import metadata, outbox
from tests.house import House, moment

FIRST = moment("2024-02-15")
MESSAGES = 10_000
NEW = {"lost", "held_at", "post_id"}  # what 0002 brought
FORMER = Table("outbox", MetaData(), *[column._copy() for column in outbox.columns if column.name not in NEW])


def queue(connection: Connection, number: int) -> None:
    """Queue messages as the program of 0001 does."""
    row = {"kind": "digest", "channel": "email", "slot": "staff:email", "payload": {}}
    times = {"not_before": FIRST, "created_at": FIRST}
    connection.execute(insert(FORMER), [{**row, **times, "key": f"k{place}"} for place in range(number)])


def columns_of(database: Database) -> dict[str, list[str]]:
    found = inspect(database.engine)
    names = [name for name in found.get_table_names() if name != "alembic_version"]
    return {name: [column["name"] for column in found.get_columns(name)] for name in names}


def contents(database: Database, columns: dict[str, list[str]]) -> dict[str, Content]:
    with database.read() as connection:
        return {name: content_of(connection, metadata.tables[name], wanted) for name, wanted in columns.items()}


def test_down_and_up_again_keeps_every_row(house: House) -> None:
    database = house.engine.database
    house.open_many(20, "2024-01-31")
    with database.write() as connection:
        queue(connection, MESSAGES)
    schema.downgrade(database, "0001")
    columns = columns_of(database)
    before = contents(database, columns)
    schema.upgrade(database)
    schema.downgrade(database, "0001")
    schema.upgrade(database)
    assert before["outbox"].rows == MESSAGES
    assert contents(database, columns) == before


def test_the_former_program_goes_on_in_the_new_schema(house: House) -> None:
    with house.engine.database.write() as connection:
        queue(connection, 3)
        taken = update(FORMER).where(FORMER.c.key == "k0").values(state="sending", lease=1, leased_until=FIRST)
        assert connection.execute(taken).rowcount == 1
        assert connection.execute(select(FORMER.c.state).order_by(FORMER.c.id)).scalars().all() == [
            "sending",
            "queued",
            "queued",
        ]


def test_the_next_program_takes_over_what_the_former_one_had_in_hand(house: House) -> None:
    with house.engine.database.write() as connection:
        queue(connection, 3)
        connection.execute(
            update(FORMER).where(FORMER.c.key == "k0").values(state="sending", lease=1, leased_until=FIRST)
        )
    done = deliver(house.engine, FIRST)
    assert (done.handled, done.reclaimed) == (3, 1)
