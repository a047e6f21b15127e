"""A person acts: one event, one transaction, one winner; refused events leave no trace; roles see what is theirs."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Row, select
from sqlalchemy.exc import OperationalError

from access.actors import SYSTEM, Actor, Grant
from engine.delivering import claim
from engine.errors import CaseMovedError, CaseNotFoundError, NotAllowedError
from engine.firing import Fired, fire, preview
from engine.sweeping import sweep
from engine.wanted import Desk
from storage import tables
from tests.house import House, moment
from workflows.case import Event
from workflows.errors import BevakaError
from workflows.refusals import EventRefusedError, Why

DAY = moment("2024-02-12")
HELD = Event("hold_meeting", {"held_on": date(2024, 2, 12), "met_on": date(2024, 2, 12)})
FOLLOWED = Event("hold_follow_up", {"held_on": date(2024, 2, 12)})
AWAY = Event("withdraw", {"outcome": "withdrawn"})


def hold(house: House, ref: str) -> Fired:
    """Record that the first meeting was held."""
    return fire(house.engine, ref, HELD, house.actor("coordinator"), DAY)


def everything(house: House) -> dict[str, list[Row[Any]]]:
    """Return every row of every table."""
    with house.engine.database.read() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key.columns)))
            for table in tables.metadata.sorted_tables
        }


def at_once(acts: list[Callable[[], Fired]]) -> list[Fired | BevakaError]:
    """Let all act at the same moment, each in a thread of its own; return what came of each."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Fired]) -> Fired | BevakaError:
        ready.wait()
        try:
            return act()
        except BevakaError as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_who_record_the_same_meeting_at_once_one_wins(house: House) -> None:
    ref = house.open_case("2024-01-31")
    coordinator, deputy = house.actor("coordinator"), house.actor("deputy")
    results = at_once([partial(fire, house.engine, ref, HELD, who, DAY) for who in (coordinator, deputy)])
    won = [result for result in results if isinstance(result, Fired)]
    lost = [result for result in results if isinstance(result, (EventRefusedError, CaseMovedError))]
    assert (len(won), len(lost)) == (1, 1)
    assert house.count("history") == 2


def test_fifty_writers_on_one_case_have_one_winner_a_version(postgres_house: House) -> None:
    house, rounds, writers = postgres_house, 200 if os.environ.get("CI") else 40, 50
    ref = house.open_case("2024-01-31")
    hold(house, ref)
    coordinator = house.actor("coordinator")

    def write(seq: int) -> bool:
        try:
            fire(house.engine, ref, FOLLOWED, coordinator, DAY, expected_seq=seq)
        except CaseMovedError:
            return False
        return True

    with ThreadPoolExecutor(writers) as pool:
        winners = [sum(pool.map(write, [2 + number] * writers)) for number in range(rounds)]
    assert winners == [1] * rounds
    assert house.count("history") == 2 + rounds


def test_a_case_that_has_moved_on_refuses_what_was_meant_for_its_old_state(house: House) -> None:
    ref = house.open_case("2024-01-31")
    hold(house, ref)
    with pytest.raises(CaseMovedError) as refused:
        fire(house.engine, ref, AWAY, house.actor("coordinator"), DAY, expected_entry=1)
    assert (refused.value.expected, refused.value.found) == (1, 2)


def test_reminders_in_between_disturb_nobody(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-03-07"))
    fired = fire(
        house.engine, ref, HELD, house.actor("coordinator"), moment("2024-03-07"), expected_entry=1, expected_seq=1
    )
    assert fired.decision.after.state == "following"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (FOLLOWED, Why.WRONG_STATE),
        (Event("close", {"outcome": "work"}), Why.GUARD),
        (Event("hold_meeting", {"held_on": date(2024, 2, 13), "met_on": date(2024, 2, 12)}), Why.FUTURE_DATE),
        (Event("hold_meeting"), Why.MISSING_ANSWER),
        (Event("nonsense"), Why.UNKNOWN_EVENT),
        (Event("case.pause", {"kind": "holiday"}), Why.BAD_ANSWER),
        (Event("case.resume", {"kind": "sick_leave"}), Why.NOT_PAUSED),
        (Event("deadline.snooze", {"deadline": "meeting", "until_on": date(2024, 2, 14)}), Why.NO_REASON),
        (Event("deadline.acknowledge", {"deadline": "follow_up", "until_on": date(2024, 2, 14)}), Why.NOT_OPEN),
        (Event("case.amend", {"benefit_until": None}), Why.MISSING_ANSWER),
    ],
)
def test_a_refused_event_says_why_and_changes_nothing(sqlite_house: House, event: Event, why: Why) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15"))
    before = everything(house)
    with pytest.raises(EventRefusedError) as refused:
        fire(
            house.engine,
            ref,
            event,
            house.actor("admin") if event.name == "nonsense" else house.actor("coordinator"),
            DAY,
        )
    assert why in {refusal.why for refusal in refused.value.refusals}
    assert everything(house) == before


def test_a_preview_decides_the_same_and_writes_nothing(house: House) -> None:
    ref = house.open_case("2024-01-31")
    before = everything(house)
    foreseen = preview(house.engine, ref, HELD, house.actor("coordinator"), DAY).decision
    assert everything(house) == before
    assert fire(house.engine, ref, HELD, house.actor("coordinator"), DAY).decision == foreseen


def test_a_foreign_case_answers_like_one_that_does_not_exist(house: House) -> None:
    ref, missing = house.open_case("2024-01-31"), "BV-ZZZZ-ZZZZ"
    foreign = Actor.staff(house.staff["coordinator"], [Grant("coordinator", house.units["south"])])
    answers = []
    for asked in (ref, missing):
        with pytest.raises(CaseNotFoundError) as refused:
            fire(house.engine, asked, HELD, foreign, DAY)
        answers.append(str(refused.value).replace(asked, "?"))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("event", [HELD, Event("case.pause", {"kind": "sick_leave"})])
def test_the_system_itself_may_not_act_for_people(sqlite_house: House, event: Event) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(CaseNotFoundError):
        fire(sqlite_house.engine, ref, event, SYSTEM, DAY)


@pytest.mark.parametrize("role", ["unit_manager", "project_lead"])
def test_who_sees_a_case_may_not_fire_what_is_the_coordinators(sqlite_house: House, role: str) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError) as refused:
        sqlite_house.fire(ref, "record_consent", DAY, role)
    assert refused.value.allowed == frozenset({"coordinator"})


def test_a_unit_manager_may_steer(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    fired = sqlite_house.fire(ref, "case.pause", DAY, "unit_manager", kind="parental_leave")
    assert fired.decision.after.pauses


def test_a_project_lead_may_not_steer(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        sqlite_house.fire(ref, "case.pause", DAY, "project_lead", kind="parental_leave")


def test_a_handler_sees_her_own_cases_only(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    other = Actor.staff(house.staff["deputy"], [Grant("handler", house.units["north"])])
    with pytest.raises(CaseNotFoundError):
        fire(house.engine, ref, HELD, other, DAY)
    with pytest.raises(NotAllowedError):
        fire(house.engine, ref, HELD, house.actor("handler"), DAY)


def test_an_event_waits_for_the_claim_that_is_looking_at_its_case(
    postgres_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a withdrawn consent comes wholly before a claim or wholly after it, never in between (facts/trust.md T15)."""
    house = postgres_house
    house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15"))
    refused: list[bool] = []
    judge = Desk.judge

    def judge_while_another_asks_for_the_case(desk: Desk, row: Row[Any]) -> Any:
        with house.engine.database.write() as another:
            try:
                another.execute(select(tables.case).with_for_update(nowait=True)).all()
                refused.append(False)
            except OperationalError:
                refused.append(True)
        return judge(desk, row)

    monkeypatch.setattr(Desk, "judge", judge_while_another_asks_for_the_case)
    claim(house.engine, moment("2024-02-15"), 10)
    assert refused == [True]


def test_nothing_is_claimed_for_a_handler_after_the_consent_is_withdrawn(house: House) -> None:
    """Claims and withdrawals race; what was claimed had consent when its claim was committed (facts/trust.md T15)."""
    refs = house.open_many(25, "2024-01-31")
    for ref in refs:
        house.fire(ref, "record_consent", moment("2024-02-01"))
    now = moment("2024-02-22")
    sweep(house.engine, now)
    withdrawn: list[str] = []

    def withdraw() -> list[str]:
        for ref in refs:
            house.fire(ref, "withdraw_consent", now)
            withdrawn.append(ref)
        return []

    def post() -> list[str]:
        broken = []
        for _ in range(60):
            gone = set(withdrawn)
            _, parcels = claim(house.engine, now, 3)
            broken += [str(p.case_id) for p in parcels if p.slot == "handler:email" and p.message.case_ref in gone]  # type: ignore[union-attr]
        return broken

    with ThreadPoolExecutor(2) as pool:
        claims, _ = pool.submit(post), pool.submit(withdraw).result()
    assert claims.result() == []
