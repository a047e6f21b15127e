"""A case is what its history says, and a history cannot be changed unseen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, select, text, update

from engine.chain import first_break
from engine.firing import snapshot_of
from storage import cases, tables
from storage.database import Database
from tests.house import House, build_house, moment
from workflows.case import Event
from workflows.refusals import EventRefusedError
from workflows.replay import Recorded, replay
from workflows.values import data_from_json

OPENED = "2024-01-31"
Act = tuple[str, Callable[[date], dict[str, Any]]]
ACTS: list[Act] = [
    ("record_consent", lambda _: {}),
    ("withdraw_consent", lambda _: {}),
    (
        "book_meeting",
        lambda day: {"meeting_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "place": "video"},
    ),
    ("cancel_meeting", lambda _: {}),
    ("hold_meeting", lambda day: {"held_on": day, "met_on": day}),
    ("hold_follow_up", lambda day: {"held_on": day - timedelta(days=3)}),
    ("case.pause", lambda day: {"kind": "parental_leave", "from_on": day - timedelta(days=2)}),
    ("case.pause", lambda _: {"kind": "sick_leave"}),
    ("case.resume", lambda _: {"kind": "parental_leave"}),
    ("case.resume", lambda _: {"kind": "sick_leave"}),
    ("case.amend", lambda day: {"benefit_until": day + timedelta(days=400)}),
    ("case.amend", lambda day: {"decision_date": day - timedelta(days=9)}),
    ("deadline.acknowledge", lambda day: {"deadline": "meeting", "until_on": day + timedelta(days=6)}),
    (
        "deadline.snooze",
        lambda day: {"deadline": "follow_up", "until_on": day + timedelta(days=6), "reason": "semester"},
    ),
    ("case.recompute", lambda _: {}),
    ("close", lambda _: {"outcome": "work"}),
    ("withdraw", lambda _: {"outcome": "withdrawn"}),
]
lives = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(ACTS)), max_size=14)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A clinic that all the examples of one property share; each opens a case of its own."""
    return build_house(f"sqlite:///{tmp_path_factory.mktemp('clinic') / 'clinic.sqlite'}")


def live(house: House, life: list[tuple[int, Act]]) -> str:
    """Open a case and let these acts happen to it, each so many days after the last; refused ones leave no trace."""
    ref, day = house.open_case(OPENED), date.fromisoformat(OPENED)
    for days, (event, answers) in life:
        day += timedelta(days=days)
        role = "admin" if event == "case.recompute" else "coordinator"
        try:
            house.fire(ref, event, moment(day.isoformat()), role, **answers(day))
        except EventRefusedError:
            continue
    return ref


def history(house: House, ref: str) -> tuple[cases.CaseRow, list[Row[Any]]]:
    with house.engine.database.read() as connection:
        case = cases.find_case(connection, ref)
        assert case is not None
        return case, list(cases.history_of(connection, case.id))


def breaks(house: House, ref: str) -> int | None:
    case, rows = history(house, ref)
    return first_break([row._mapping for row in rows], case.head)  # type: ignore[misc]


@given(life=lives)
def test_a_case_replayed_from_its_history_is_the_case_that_is_stored(
    clinic: House, life: list[tuple[int, Act]]
) -> None:
    case, rows = history(clinic, live(clinic, life))
    recorded = [Recorded(Event(row.event, data_from_json(row.answers)), row.at, row.version) for row in rows]
    with clinic.engine.database.read() as connection:
        rulebook = clinic.engine.rulebook
        replayed = replay(recorded, lambda version, at: rulebook.rules(connection, case.programme, version, at))
    assert replayed == snapshot_of(case)


@given(life=lives)
def test_an_untouched_history_is_whole(clinic: House, life: list[tuple[int, Act]]) -> None:
    assert breaks(clinic, live(clinic, life)) is None


def other(value: Any) -> Any:
    """Return another value of the same type."""
    match value:
        case None:
            return 1
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case datetime():
            return value + timedelta(microseconds=1)
        case dict():
            return {**value, "x": 1}
    raise TypeError(type(value))


COLUMNS = [column.name for column in tables.history.columns if column.name not in {"case_id", "actor_id"}]


@given(life=lives, column=st.sampled_from(COLUMNS), chosen=st.integers(0, 100))
def test_a_changed_column_of_any_row_breaks_the_chain(
    clinic: House, life: list[tuple[int, Act]], column: str, chosen: int
) -> None:
    ref = live(clinic, life)
    case, rows = history(clinic, ref)
    row = rows[chosen % len(rows)]
    changed = row._mapping[column] + 1000 if column == "seq" else other(row._mapping[column])
    with clinic.engine.database.write() as connection:
        mine = (tables.history.c.case_id == case.id) & (tables.history.c.seq == row.seq)
        connection.execute(update(tables.history).where(mine).values({column: changed}))
    assert breaks(clinic, ref) is not None


def test_a_changed_actor_breaks_the_chain(sqlite_house: House) -> None:
    ref = sqlite_house.open_case(OPENED)
    sqlite_house.fire(ref, "record_consent", moment("2024-02-01"))
    with sqlite_house.engine.database.write() as connection:
        connection.execute(update(tables.history).values(actor_id=sqlite_house.staff["deputy"]))
    assert breaks(sqlite_house, ref) == 1


@given(life=lives.filter(lambda life: len(life) > 3), victim=st.integers(0, 100))
@settings(max_examples=30)
def test_a_row_taken_out_breaks_the_chain(clinic: House, life: list[tuple[int, Act]], victim: int) -> None:
    ref = live(clinic, life)
    case, rows = history(clinic, ref)
    gone = rows[victim % len(rows)].seq
    with clinic.engine.database.write() as connection:
        mine = (tables.history.c.case_id == case.id) & (tables.history.c.seq == gone)
        connection.execute(tables.history.delete().where(mine))
    assert breaks(clinic, ref) is not None


def test_two_rows_exchanged_break_the_chain(sqlite_house: House) -> None:
    ref = live(sqlite_house, [(1, ACTS[0]), (1, ACTS[1])])
    with sqlite_house.engine.database.write() as connection:
        for change in ("seq = 99 WHERE seq = 2", "seq = 2 WHERE seq = 3", "seq = 3 WHERE seq = 99"):
            connection.execute(text(f"UPDATE history SET {change}"))  # noqa: S608 - three constants
    assert breaks(sqlite_house, ref) == 2


def test_what_is_stored_is_whole_on_each_database(house: House) -> None:
    ref = live(house, [(days, act) for days, act in zip(range(3, 30), ACTS, strict=False)])
    case, rows = history(house, ref)
    assert len(rows) == case.seq > 8
    assert breaks(house, ref) is None
    assert isinstance(house.engine.database, Database)
    with house.engine.database.read() as connection:
        assert connection.execute(select(tables.case.c.head)).scalar_one() == rows[-1].hash
