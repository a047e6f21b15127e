"""Forty days over Christmas without a clock: then one message to each about each deadline, and none is lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from bevaka.demo_house import DemoHouse
from demo.time_machine import TimeMachine
from engine.auditing import unaccounted
from storage.tables import deadline, ledger, outbox
from tests.demo_days import everything_caught, lived_demo, stockholm
from workflows.dates import local_date

BROKE, BACK = "2023-12-15", "2024-01-24"


@dataclass
class Outage:
    """The demo after the outage, when the clock has ticked again; `entries` is what it did then."""

    house: DemoHouse
    caught_before: int
    entries: list[Row[Any]]


@pytest.fixture(scope="module", params=[40, pytest.param(187, marks=pytest.mark.slow)])
def outage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    with lived_demo(tmp_path_factory.mktemp("outage"), request.param, BROKE) as house:
        before = house.surroundings.mailbox.count()
        machine = TimeMachine(house.engine, house.clock)
        machine.outage(stockholm(BACK))
        machine.advance(house.clock() + timedelta(hours=1))
        yield Outage(house, before, _decided_since(house))


def _decided_since(house: DemoHouse) -> list[Row[Any]]:
    """Return the ledger's entries since the clock is back, with whom each message went to."""
    same = (outbox.c.deadline_id == ledger.c.deadline_id) & (outbox.c.rung == ledger.c.rung)
    query = select(ledger, outbox.c.staff_id.label("to"), outbox.c.channel, outbox.c.post_id)
    query = query.outerjoin(outbox, same & (outbox.c.slot == ledger.c.slot))
    with house.engine.database.read() as connection:
        return list(connection.execute(query.where(ledger.c.decided_at >= stockholm(BACK, "00:00"))))


def test_nothing_left_during_the_outage(outage: Outage) -> None:
    days = {local_date(c.received_at).isoformat() for c in everything_caught(outage.house.surroundings.mailbox)}
    assert not {day for day in days if BROKE < day < BACK}


def test_each_gets_at_most_one_message_about_each_deadline(outage: Outage) -> None:
    sent = Counter((e.deadline_id, e.to, e.channel) for e in outage.entries if e.outcome == "sent")
    assert sent, "something was due over Christmas"
    assert set(sent.values()) == {1}


def test_the_mailbox_has_as_many_new_messages_as_the_ledger_says(outage: Outage) -> None:
    new = everything_caught(outage.house.surroundings.mailbox)[: -outage.caught_before or None]
    rungs = [e for e in outage.entries if e.outcome == "sent"]
    no_rung = outbox.c.rung.is_(None) & (outbox.c.outcome == "sent")
    with outage.house.engine.database.read() as connection:
        others = connection.execute(
            select(outbox.c.id).where(no_rung, outbox.c.done_at >= stockholm(BACK, "00:00"))
        ).all()
    together = [e.post_id for e in rungs if e.post_id is not None]  # several rungs on one card to a team
    assert len(new) == len(rungs) - len(together) + len(set(together)) + len(others)


def test_what_was_missed_collapsed_into_the_newest_rung(outage: Outage) -> None:
    """Of the rungs of one deadline to one slot the last is sent (or met the same person); the earlier ones say so."""
    by_slot: dict[tuple[int, str], list[Row[Any]]] = {}
    for entry in outage.entries:
        by_slot.setdefault((entry.deadline_id, entry.slot), []).append(entry)
    several = [entries for entries in by_slot.values() if len(entries) > 1]
    assert several
    for entries in several:
        outcomes = Counter((entry.outcome, entry.reason) for entry in entries)
        quiet = outcomes["suppressed", "acknowledged"] + outcomes["suppressed", "snoozed"]
        assert outcomes["sent", None] <= 1
        assert outcomes["collapsed", "newer_rung"] >= len(entries) - 1 - quiet


def test_catching_up_is_marked_as_late(outage: Outage) -> None:
    with outage.house.engine.database.read() as connection:
        due = {row.id: row.due_on for row in connection.execute(select(deadline.c.id, deadline.c.due_on))}
    overdue = [e for e in outage.entries if e.outcome == "sent" and due[e.deadline_id].isoformat() < "2024-01-10"]
    assert overdue
    assert all(entry.late for entry in overdue if entry.rung.startswith(("r", "e")) and "#" not in entry.rung)


def test_nothing_is_lost(outage: Outage) -> None:
    assert unaccounted(outage.house.engine, outage.house.clock()) == []
