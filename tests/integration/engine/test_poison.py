"""One message or deadline that nobody can make sense of is set aside, visibly; the others go on (facts/trust.md T8)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from engine.delivering import deliver
from engine.rulebook import Rulebook, publish
from engine.sweeping import sweep
from notifications.messages import Reason
from storage import tables
from tests.fakes.channels import FakeEmailSession
from tests.house import PROV, House, moment
from tests.models.reading import alarms, fate, mailed, outbox
from workflows.reader import read_definition

FIRST = moment("2024-02-15")


def spoil_outbox(house: House, ref: str, **columns: Any) -> None:
    """Change the queued messages of one case."""
    mine = select(tables.case.c.id).where(tables.case.c.ref == ref).scalar_subquery()
    with house.engine.database.write() as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.case_id == mine).values(**columns))


def spoil_case(house: House, ref: str, **columns: Any) -> None:
    with house.engine.database.write() as connection:
        connection.execute(update(tables.case).where(tables.case.c.ref == ref).values(**columns))


POISONS: list[dict[str, Any]] = [{"payload": {}}, {"kind": "nonsense"}, {"payload": {"late": "<script>"}, "kind": "?"}]


@pytest.mark.parametrize("poison", POISONS)
def test_a_poison_message_is_set_aside_and_the_rest_leaves(house: House, poison: dict[str, Any]) -> None:
    bad, *good = house.open_many(20, "2024-01-31")
    sweep(house.engine, FIRST)
    spoil_outbox(house, bad, **poison)
    deliver(house.engine, FIRST, limit=6)
    assert {fate(house, ref, "r1", "coordinator:email") for ref in good} == {("sent", None)}
    assert fate(house, bad, "r1", "coordinator:email") == ("failed", "undeliverable")


def test_a_payload_that_is_no_json_at_all_is_set_aside_and_the_rest_leaves(sqlite_house: House) -> None:
    house = sqlite_house  # PostgreSQL refuses to keep it
    bad, *good = house.open_many(20, "2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        mine = select(tables.case.c.id).where(tables.case.c.ref == bad)
        case_id = connection.execute(mine).scalar_one()
        connection.exec_driver_sql("UPDATE outbox SET payload = '{' WHERE case_id = ?", (case_id,))
    deliver(house.engine, FIRST)
    assert {fate(house, ref, "r1", "coordinator:email") for ref in good} == {("sent", None)}
    assert fate(house, bad, "r1", "coordinator:email") == ("failed", "undeliverable")


def test_a_poison_message_is_visible(sqlite_house: House) -> None:
    house = sqlite_house
    bad = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    spoil_outbox(house, bad, payload={})
    deliver(house.engine, FIRST)
    assert [(row.state, row.error) for row in outbox(house, "coordinator:email")] == [("dead", "poison")]
    assert [(alarm.case_ref, alarm.reason) for alarm in alarms(house)] == [(bad, Reason.DELIVERY_FAILED)]


def test_an_alarm_that_is_poison_itself_alarms_nobody(sqlite_house: House) -> None:
    house = sqlite_house
    bad = house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    spoil_outbox(house, bad, kind="alarm", slot="admin:email", payload={})
    assert deliver(house.engine, FIRST).failed == 1
    assert mailed(house) == []


def test_a_message_whose_rendering_raises_is_given_up_and_the_rest_leaves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *good = house.open_many(5, "2024-01-31")
    sweep(house.engine, FIRST)
    honest = FakeEmailSession.send

    def send(self: FakeEmailSession, key: str, to: Any, message: Any, **how: Any) -> Any:
        if message.case_ref == bad and message.kind.value == "reminder":
            raise LookupError
        return honest(self, key, to, message, **how)

    monkeypatch.setattr(FakeEmailSession, "send", send)
    deliver(house.engine, FIRST)
    assert {fate(house, ref, "r1", "coordinator:email") for ref in good} == {("sent", None)}
    assert fate(house, bad, "r1", "coordinator:email") == ("failed", "undeliverable")


def test_a_deadline_without_a_definition_is_looked_at_again_in_an_hour_and_the_rest_goes_on(house: House) -> None:
    bad, *good = house.open_many(20, "2024-01-31")
    spoil_case(house, bad, version="never published")
    swept = sweep(house.engine, FIRST, limit=6)
    assert (swept.deadlines, swept.queued, swept.quarantined) == (20, 19, 1)
    assert sweep(house.engine, FIRST + timedelta(minutes=59)).deadlines == 0
    assert sweep(house.engine, FIRST + timedelta(hours=1)).quarantined == 1
    deliver(house.engine, FIRST)
    assert {fate(house, ref, "r1", "coordinator:email") for ref in good} == {("sent", None)}
    assert [alarm.case_ref for alarm in alarms(house)] == [bad]


def test_nothing_of_a_quarantined_deadline_is_lost_once_it_is_mended(house: House) -> None:
    ref = house.open_case("2024-01-31")
    spoil_case(house, ref, version="2")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        text = PROV.read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
        publish(connection, read_definition(text, "prov.yaml"), FIRST)
    house.pass_time(moment("2024-02-15", "10:00"))
    assert fate(house, ref, "r1", "coordinator:email") == ("sent", None)


def test_a_deadline_of_an_unknown_kind_is_quarantined(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        connection.execute(update(tables.deadline).values(kind="nonsense"))
    assert sweep(house.engine, FIRST).quarantined == 1


def test_a_deadline_whose_entries_the_database_refuses_is_found_among_many_and_quarantined(house: House) -> None:
    bad, *good = house.open_many(20, "2024-01-31")
    with house.engine.database.write() as connection:
        mine = select(tables.deadline.c.id).join(tables.case, tables.case.c.id == tables.deadline.c.case_id)
        deadline_id = connection.execute(mine.where(tables.case.c.ref == bad)).scalar_one()
        row = {"deadline_id": deadline_id, "rung": "r1", "slot": "coordinator:email", "outcome": "sent", "late": False}
        connection.execute(insert(tables.ledger).values(**row, decided_at=FIRST, settled_at=FIRST))
    swept = sweep(house.engine, FIRST)
    assert (swept.queued, swept.quarantined) == (19, 1)
    deliver(house.engine, FIRST)
    assert {fate(house, ref, "r1", "coordinator:email") for ref in good} == {("sent", None)}


def test_a_queued_message_whose_definition_is_gone_alarms_too(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    sweep(house.engine, FIRST)
    with house.engine.database.write() as connection:
        connection.execute(delete(tables.definition).where(tables.definition.c.programme == "prov"))
    deliver(replace(house.engine, rulebook=Rulebook()), FIRST)  # another process, that has compiled nothing yet
    assert mailed(house) == ["admin"]
