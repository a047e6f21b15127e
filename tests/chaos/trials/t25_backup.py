"""T25: the house is lost; a backup, the key file and a blank host make it anew, and nobody is reminded twice."""

from concurrent.futures import ThreadPoolExecutor

from tests.chaos.lost_house import Restored, lose_and_restore
from tests.chaos.total_queue import Account
from tests.chaos.trial import Check, Finding, Size, Trial

SOON = 30 * 60  # seconds from a blank host to a house that runs
KINDS = ("SQLite", "PostgreSQL")


def run(size: Size) -> Finding:
    """Lose a house on each database and make it anew with the commands of the guide."""
    idle, due = (20, 6) if size is Size.SHORT else (5000, 200)
    with ThreadPoolExecutor(len(KINDS)) as pool:
        seen = list(pool.map(lambda kind: lose_and_restore(kind, idle, due), KINDS))
    return Finding(
        load=f"{seen[0].cases} cases, {due} reminders sent and {due} owed when the house is lost; SQLite, PostgreSQL",
        checks=[*_same_house(seen), *_nothing_twice(seen), *_accounts(seen)],
        table=_table(seen),
        figures={f"rto_{one.kind}_s": one.whole for one in seen},
    )


def _same_house(seen: list[Restored]) -> list[Check]:
    cases, readable = sum(one.cases for one in seen), sum(one.readable for one in seen)
    diverging = sum(one.diverging for one in seen)
    chains = all(one.replay == 0 == one.diverging for one in seen)
    slowest = max(one.whole for one in seen)
    return [
        Check("RTO at most 30 min", f"{slowest:.0f} s", slowest <= SOON),
        Check("every chain verifies, every case follows from its history", f"{diverging} of {cases} do not", chains),
        Check("100 % of sealed fields decrypt", f"{readable} of {cases}", readable == cases > 0),
    ]


def _nothing_twice(seen: list[Restored]) -> list[Check]:
    held, again = sum(one.on_hold for one in seen), sum(one.again for one in seen)
    sent, owed = sum(one.sent_before for one in seen), sum(one.owed for one in seen)
    arrived = sum(min(one.arrived, one.owed) for one in seen)
    return [
        Check("nothing leaves on hold", f"{held} mails", held == 0),
        Check("0 reminders resent", f"{again} of {sent}", again == 0 < sent),
        Check("what was owed leaves once, when it is released", f"{arrived} of {owed}", arrived == owed),
    ]


def _accounts(seen: list[Restored]) -> list[Check]:
    return sum((one.account for one in seen), Account()).checks()


def _table(seen: list[Restored]) -> str:
    head = "| on | backup | size | restore | from blank host to released |\n|---|---|---|---|---|\n"
    rows = [
        f"| {one.kind} | {one.back_up:.1f} s | {one.octets / 2**20:.1f} MiB | {one.restore:.1f} s | {one.whole:.0f} s |"
        for one in seen
    ]
    return head + "\n".join(rows)


TRIAL = Trial("T25", "the house is lost: backup and blank host", run)
