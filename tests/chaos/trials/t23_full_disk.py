"""T23: the disk is full, for the database and for the logs, while people work and reminders are due; then it is not."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.full_house import TO_THE_LAST, Seen
from tests.chaos.small_disk import own_mounts
from tests.chaos.total_queue import Account
from tests.chaos.trial import Check, Finding, Size, Trial

ROOT = Path(__file__).parents[3]
SOON = 5.0  # seconds within which a visitor is told


def run(size: Size) -> Finding:
    """Fill the disks of houses on both databases."""
    short = size is Size.SHORT
    kinds = ("SQLite", "PostgreSQL") if short else ("SQLite", "PostgreSQL", TO_THE_LAST)
    mounting = own_mounts()
    with ThreadPoolExecutor(len(kinds)) as pool:
        seen = list(pool.map(lambda kind: _filled(kind, 5 if short else 100, mounting), kinds))
    where = "a tmpfs of 64 MB (PostgreSQL 256 MB)" if mounting else "processes that may write to no file"
    return Finding(
        load=f"real processes on {where}, no byte free while {seen[0].owed // 2} reminders are due; {', '.join(kinds)}",
        checks=[*_while_full(seen), *_afterwards(seen), *_accounts(seen)],
        table=_table(seen),
    )


def _filled(kind: str, due: int, mounting: list[str] | None) -> Seen:
    program = [sys.executable, "-m", "tests.programs.full_disk", kind, "600", str(due)]
    command = [*mounting, *program, "mount"] if mounting else [*program, "limit"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


def _while_full(seen: list[Seen]) -> list[Check]:
    others = sum(count for one in seen for status, count in one.answers.items() if status not in {"303", "503"})
    refused, told = sum(one.answers.get("503", 0) for one in seen), sum(one.told for one in seen)
    slowest = max(one.slowest for one in seen)
    return [
        Check("what cannot be saved is refused with 503", f"{refused}, other answers {others}", others == 0 < refused),
        Check("and a page that says why", f"{told} of {refused}", told == refused),
        Check(f"within {SOON:.0f} s", f"{slowest:.2f} s", slowest <= SOON),
    ]


def _afterwards(seen: list[Seen]) -> list[Check]:
    lost = sum(max(0, one.acknowledged - one.found) for one in seen)
    half = sum(max(0, one.found - one.acknowledged - one.possible) + one.diverging for one in seen)
    slowest, ended = max(one.recovered for one in seen), sum(one.ended for one in seen)
    again = ", ".join(one.kind for one in seen if one.restarted)
    seen_again = f"{slowest:.1f} s" + (f"; the server had to be started again: {again}" if again else "")
    return [
        Check("no confirmed event lost", f"{lost} of {sum(one.acknowledged for one in seen)}", lost == 0),
        Check("no partial commit", str(half), half == 0),
        Check("no process of ours ended", str(ended), ended == 0),
        Check("works again by itself once there is room", seen_again, slowest < 60),
        Check("every reminder arrived", f"{sum(one.arrived for one in seen)} of {sum(one.owed for one in seen)}",
              all(one.arrived >= one.owed for one in seen)),
    ]  # fmt: skip


def _accounts(seen: list[Seen]) -> list[Check]:
    return sum((Account(**one.account) for one in seen), Account()).checks(most_duplicates=None)


def _table(seen: list[Seen]) -> str:
    head = (
        "| on | answers while full | slowest | confirmed, in the history | works again after |\n|---|---|---|---|---|\n"
    )
    rows = [
        f"| {one.kind} | {', '.join(f'{count} × {status}' for status, count in sorted(one.answers.items()))} "
        f"| {one.slowest:.2f} s | {one.acknowledged}, {one.found} | {one.recovered:.1f} s |"
        for one in seen
    ]
    return head + "\n".join(rows)


TRIAL = Trial("T23", "a full disk", run)
