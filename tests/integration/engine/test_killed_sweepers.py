"""Four sweepers at once, killed with -9 at random moments: nothing is lost, nothing done twice (promises 1 and 2)."""

import random
import signal
import subprocess
import sys
from collections import Counter

import pytest
from sqlalchemy import func, select

from storage import tables
from tests.house import House, moment
from workflows.ladders import ladder_steps

CASES = 5_000
SWEEPERS = 4
KILLS = 12
NOW = moment("2024-03-20")


def start(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.programs.sweeper", url, NOW.isoformat()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_until_sweeping(sweeper: subprocess.Popen[str]) -> None:
    assert sweeper.stdout is not None
    sweeper.stdout.readline()


def kill_at_random(url: str, chance: random.Random) -> int:
    """Let sweepers work and kill them at random moments; return how many were killed while they worked."""
    running = [start(url) for _ in range(SWEEPERS)]
    killed = 0
    for _ in range(KILLS):
        victim = running.pop(chance.randrange(len(running)))
        wait_until_sweeping(victim)
        try:
            victim.wait(timeout=chance.uniform(0.0, 0.4))  # lets it get somewhere between two statements
        except subprocess.TimeoutExpired:
            victim.send_signal(signal.SIGKILL)
            killed += 1
        victim.communicate()
        running.append(start(url))
    for sweeper in running:
        assert sweeper.wait(timeout=240) == 0
        sweeper.communicate()
    return killed


@pytest.mark.slow
def test_killed_sweepers_lose_nothing_and_do_nothing_twice(house: House) -> None:
    refs = house.open_many(CASES, "2024-01-31")
    url = house.engine.database.url.render_as_string(hide_password=False)
    killed = kill_at_random(url, random.Random(20240131))
    assert killed >= 3, "the sweepers were done before they could be killed: the test has shown nothing"

    with house.engine.database.read() as connection:
        rules = house.engine.rulebook.newest(connection, "prov", NOW)
        deadline = rules.definition.deadlines["meeting"]
        due_on = connection.execute(select(tables.deadline.c.due_on).distinct()).scalar_one()
        steps = ladder_steps(deadline.ladder, due_on, rules.calendar, rules.definition.hours)
        expected = {(step.key, slot) for step in steps if step.at <= NOW for slot in step.slots}
        found = Counter(
            (row.rung, row.slot) for row in connection.execute(select(tables.ledger.c.rung, tables.ledger.c.slot))
        )
        queued = connection.execute(
            select(func.count()).select_from(tables.ledger).where(tables.ledger.c.outcome == "queued")
        ).scalar_one()
        keys = connection.execute(select(func.count(), func.count(tables.outbox.c.key.distinct()))).one()
        accounted = connection.execute(select(tables.deadline.c.accounted).distinct()).scalars().all()
    assert found == dict.fromkeys(expected, len(refs))
    assert tuple(keys) == (queued, queued)
    assert accounted == [len(expected)]
