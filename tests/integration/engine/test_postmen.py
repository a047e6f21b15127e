"""Several postmen at once: each message leaves once, and no connection gets more than it takes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from engine.delivering import claim, deliver
from engine.sweeping import sweep
from storage import sweeps
from tests.house import House, moment
from tests.models.reading import fate, outbox

UNIT = moment("2024-03-07")  # of cases decided on 2024-01-31: the unit manager and the unit's team are told
POSTMEN = 4


def test_several_postmen_send_each_message_once(house: House) -> None:
    house.open_many(80, "2024-01-31")
    sweep(house.engine, UNIT)
    with ThreadPoolExecutor(POSTMEN) as pool:
        list(pool.map(lambda _: deliver(house.engine, UNIT, limit=7), range(POSTMEN)))
    deliver(house.engine, UNIT)  # what one had left to another who was just going home
    assert set(Counter(sent.key for sent in house.mail.sent).values()) == {1}
    assert {row.state for row in outbox(house)} == {"done"}


def test_several_sweepers_queue_each_message_once(house: House) -> None:
    house.open_many(80, "2024-01-31")
    with ThreadPoolExecutor(POSTMEN) as pool:
        swept = list(pool.map(lambda _: sweep(house.engine, UNIT, limit=7), range(POSTMEN)))
    rest = sweep(house.engine, UNIT)
    assert sum(one.queued for one in swept) + rest.queued == len(outbox(house)) == 80 * 5
    assert house.count("ledger") == 80 * 7  # and two of each are collapsed into newer ones


def test_postmen_share_what_a_teams_connection_takes(house: House) -> None:
    house.open_many(80, "2024-01-31")
    house.connect_team()
    sweep(house.engine, UNIT)
    with ThreadPoolExecutor(POSTMEN) as pool:
        claimed = [
            parcel
            for _, parcels in pool.map(lambda _: claim(house.engine, UNIT, 60), range(POSTMEN * 3))
            for parcel in parcels
        ]
    assert sum(parcel.slot == "unit:teams" for parcel in claimed) <= 25


@pytest.mark.parametrize(
    ("event", "answers"),
    [
        ("deadline.acknowledge", {"deadline": "meeting", "until_on": date(2024, 2, 20)}),
        ("deadline.snooze", {"deadline": "meeting", "until_on": date(2024, 2, 20), "reason": "semester"}),
        ("case.amend", {"decision_date": date(2024, 2, 9)}),
        ("case.pause", {"kind": "parental_leave"}),
        ("hold_meeting", {"held_on": date(2024, 2, 15), "met_on": date(2024, 2, 15)}),
    ],
)
def test_a_sweep_writes_nothing_of_a_ladder_that_changed_between_being_found_and_being_locked(
    postgres_house: House, monkeypatch: pytest.MonkeyPatch, event: str, answers: dict[str, Any]
) -> None:
    house, now = postgres_house, moment("2024-02-15")
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        stale = sweeps.claim_due(connection, now, 10)
    house.fire(ref, event, now, **answers)
    claim_due, found = sweeps.claim_due, [stale]
    monkeypatch.setattr(sweeps, "claim_due", lambda *given: found.pop() if found else claim_due(*given))
    sweep(house.engine, now)
    if event == "deadline.acknowledge":
        assert fate(house, ref, "r1", "coordinator:email") == ("suppressed", "acknowledged")
    assert outbox(house) == []
