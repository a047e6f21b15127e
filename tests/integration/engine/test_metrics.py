"""The figures by which one sees that nobody is forgotten: one reading, the same for everybody who asks."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update

from access.actors import OPERATOR
from engine.doctoring import Health, examine
from engine.inspecting import system_view
from engine.metrics import Metrics, keeps_up
from engine.proving import newest_proof, prove
from engine.readiness import figures_of, is_ready
from engine.sweeping import sweep
from storage import tables
from storage.ticks import take_tick
from tests.house import House, moment

REMINDED = moment("2024-02-15", "09:00")  # an hour after the first reminder of a decision of the 31st of January
NOW = REMINDED - timedelta(minutes=30)
LATER = REMINDED + timedelta(minutes=30)


def figures(house: House, now: datetime = REMINDED) -> Metrics:
    return figures_of(house.engine, now)


def change(house: House, statement: object) -> None:
    with house.engine.database.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def unwell(house: House, check: str) -> list[str]:
    found = examine(house.engine, None, REMINDED)
    return [one.said.en for one in found if one.check == check and one.health is not Health.OK]


def test_an_empty_house_has_nothing_waiting(house: House) -> None:
    empty = figures(house)
    assert (empty.open_cases, empty.waiting, empty.due_lag, empty.outbox_age) == (0, 0, timedelta(), timedelta())
    assert empty.proof is None
    assert empty.last_tick is None


def test_what_is_due_is_counted_and_its_age_told(house: House) -> None:
    house.open_many(3, "2024-01-31")
    waiting = figures(house)
    assert waiting.waiting == 3
    assert waiting.oldest_waiting is not None
    assert waiting.due_lag == REMINDED - waiting.oldest_waiting > timedelta()


def test_a_sweep_moves_what_is_due_into_the_outbox_and_a_round_of_the_post_empties_it(house: House) -> None:
    house.open_many(3, "2024-01-31")
    sweep(house.engine, REMINDED)
    queued = figures(house, LATER)
    assert (queued.waiting, queued.outbox["queued"], queued.outbox_age) == (0, 3, LATER - REMINDED)
    house.pass_time(LATER)
    sent = figures(house, LATER)
    assert (sent.outbox["queued"], sent.outbox["done"]) == (0, 3)
    assert sent.ledger["email", "sent"] == 3


def test_what_left_is_counted_for_a_day(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(REMINDED)
    assert figures(house, REMINDED + timedelta(hours=23)).ledger["email", "sent"] == 1
    assert figures(house, REMINDED + timedelta(hours=25)).ledger["email", "sent"] == 0


def test_a_case_whose_definition_is_gone_is_stranded(house: House) -> None:
    house.open_case("2024-01-31")
    assert figures(house).stranded == 0
    change(house, delete(tables.definition).where(tables.definition.c.programme == "prov"))
    assert figures(house).stranded == 1


def test_messages_that_were_given_up_or_set_aside_are_counted(house: House) -> None:
    house.open_many(2, "2024-01-31")
    sweep(house.engine, REMINDED)
    change(house, update(tables.outbox).values(state="dead", error="poison"))
    assert (figures(house).dead, figures(house).poisoned) == (2, 2)


def test_what_is_held_for_a_human_is_counted_and_not_called_late(house: House) -> None:
    house.open_many(2, "2024-01-31")
    sweep(house.engine, REMINDED)
    change(house, update(tables.outbox).values(held_at=REMINDED))
    held = figures(house, LATER)
    assert (held.held, held.oldest_queued) == (2, None)


def test_a_channel_pauses_until_it_is_tried_again(house: House) -> None:
    change(house, insert(tables.circuit).values(channel="teams", failures=5, trips=1, since=NOW, open_until=REMINDED))
    assert dict(figures(house, NOW).pausing) == {"email": False, "teams": True}
    assert not any(figures(house, REMINDED).pausing.values())


def test_the_age_of_a_tick_leaves_the_digest_out(house: House) -> None:
    with house.engine.database.write() as connection:
        take_tick(connection, "clock", REMINDED - timedelta(minutes=5))
        take_tick(connection, "digest", REMINDED)
    assert figures(house).last_tick == REMINDED - timedelta(minutes=5)


def test_the_house_keeps_up_until_something_due_is_older_than_ten_minutes(house: House) -> None:
    house.open_case("2024-01-31")
    oldest = figures(house).oldest_waiting
    assert oldest is not None
    with house.engine.database.read() as connection:
        assert keeps_up(connection, oldest + timedelta(minutes=10))
        assert not keeps_up(connection, oldest + timedelta(minutes=11))


def test_an_audit_is_kept_and_finds_what_is_missing(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(REMINDED)
    assert prove(house.engine, REMINDED).total == 0
    change(house, delete(tables.ledger))
    found = prove(house.engine, REMINDED)
    with house.engine.database.read() as connection:
        assert newest_proof(connection) == found
    assert (found.gaps["no_entry"], found.gaps["miscounted"]) == (1, 1)
    assert figures(house).proof == found


def test_the_system_page_and_the_check_up_say_what_the_metrics_say(house: House) -> None:
    house.open_many(3, "2024-01-31")
    told, view = figures(house), system_view(house.engine, OPERATOR, REMINDED)
    assert (view.waiting, view.oldest_waiting, view.outbox) == (told.waiting, told.oldest_waiting, told.outbox)
    assert any(said.startswith(f"the clock stands still: {told.waiting} deadlines") for said in unwell(house, "clock"))


def test_the_check_up_tells_of_a_gap_and_of_a_stranded_case(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(REMINDED)
    change(house, delete(tables.ledger))
    prove(house.engine, REMINDED)
    assert unwell(house, "proof")[0].startswith("2 rungs were unaccounted for")
    change(house, delete(tables.definition).where(tables.definition.c.programme == "prov"))
    assert "1 open cases follow a version that is not published" in unwell(house, "proof")


def test_a_house_is_ready_while_its_schema_is_this_programs(house: House) -> None:
    assert is_ready(house.engine)
    with house.engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert not is_ready(house.engine)
