"""A message that kills its postman (a crash in a library, too little memory) is set aside; the rest leaves (T8)."""

import signal
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from engine.sweeping import sweep
from tests.house import House, moment
from tests.models.reading import fate, outbox

FIRST = moment("2024-02-15")
SLOT = "coordinator:email"


def run_postman(house: House, now: datetime, key: str) -> tuple[int, list[str]]:
    """Let a postman of its own process go once; return its status and the keys it sent."""
    url = house.engine.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.programs.postman", url, now.isoformat(), key]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    return done.returncode, [words[1] for words in lines if words[0] == "sent"]


@pytest.mark.slow
def test_a_message_that_kills_five_postmen_is_set_aside_and_the_others_leave_once(house: House) -> None:
    bad, *good = house.open_many(12, "2024-01-31")
    sweep(house.engine, FIRST)
    deadly = outbox(house, SLOT)[0].key
    ended, sent = [], []
    for lease in range(8):
        status, keys = run_postman(house, FIRST + timedelta(minutes=6 * lease), deadly)
        ended.append(status)
        sent += keys
    assert ended == [-signal.SIGKILL] * 5 + [0] * 3
    assert [(row.state, row.error) for row in outbox(house, SLOT) if row.key == deadly] == [("dead", "postman_killed")]
    assert fate(house, bad, "r1", SLOT) == ("failed", "undeliverable")
    assert {fate(house, ref, "r1", SLOT) for ref in good} == {("sent", None)}
    assert sorted(key for key in sent if not key.startswith("alarm")) == sorted(
        row.key for row in outbox(house, SLOT) if row.key != deadly
    )
    assert [key.split(":")[1] for key in sent if key.startswith("alarm")] == ["delivery_failed"]
