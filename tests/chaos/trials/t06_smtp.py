"""T6: a mail server that misbehaves in every way costs time, but no more than allowed, and no message."""

from collections.abc import Iterable

from demo.certificates import DemoCertificates
from tests.chaos.healthy_channel import Pace, measure
from tests.chaos.mail_faults import FAULTS, Survived, Tried, certificates, slowest, survive, try_alone
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.chaos.virtual_time import databases

PER_TRY = 30.0  # seconds, the product's own limit
SLACK = 1.0  # seconds this machine may be late in waking a thread
WORSE = 2.0  # times the baseline
FEW_SAMPLES = 0.4  # seconds that are fine anyhow in the short part, where the slowest of 20 decides


def run(size: Size) -> Finding:
    """Try every fault alone, through a queue on both databases, and beside a channel that works."""
    short = size is Size.SHORT
    with certificates() as tls:
        tried = _tries(tls, short)
        survived = list(_queues(tls, short))
        pace = measure(20 if short else 200, tls)
    limit = 2.0 if short else PER_TRY
    return Finding(
        load=_load(short),
        checks=[
            _in_time(tried, limit),
            *_promises(tried, survived),
            *_healthy(pace, FEW_SAMPLES if short else 0),
            *_accounts(survived, pace),
        ],
        table=_table(survived),
        figures={"longest_try_s": slowest(tried), "p95_well_s": pace.p95[0], "p95_hanging_s": pace.p95[1]},
    )


def _tries(tls: DemoCertificates, short: bool) -> list[Tried]:
    return [try_alone(fault, 10 if short else 200, tls, (1.0, 2.0) if short else None) for fault in FAULTS]


def _queues(tls: DemoCertificates, short: bool) -> Iterable[Survived]:
    messages = 8 if short else 200
    with databases() as fresh:
        for place, fault in enumerate(FAULTS):
            tries = min(messages, 40) if fault.hangs else messages
            urls = list(fresh().items())
            for kind, url in urls[place % 2 :][:1] if short else urls:
                yield survive(fault, kind, url, messages, tries, tls)


def _load(short: bool) -> str:
    if short:
        return f"{len(FAULTS)} faults: 10 tries each at once with a limit of 2 s, a queue of 8; 20 cards beside"
    return (
        f"{len(FAULTS)} faults: 200 tries each at once with the product's limits (10 s a reply, 30 s a try); "
        "queues of 200 on PostgreSQL and SQLite in virtual time, faulty for 200 tries (40 of 0.25 s where they hang); "
        "200 cards to 10 teams while the mail server hangs, with a worker of 2"
    )


def _in_time(tried: list[Tried], limit: float) -> Check:
    longest = max(tried, key=lambda one: one.longest)
    seen = f"{longest.longest:.1f} s ({longest.fault}), {sum(one.number for one in tried)} tries"
    return Check(f"a try ends within {limit:.0f} s (+ 1 s of this machine)", seen, longest.longest <= limit + SLACK)


def _promises(tried: list[Tried], survived: list[Survived]) -> list[Check]:
    retried, plain = (
        sum(one.retried for one in survived),
        sum(one.plain for one in tried) + sum(one.plain for one in survived),
    )
    refused = sum(count for one in survived for (outcome, _), count in one.outcomes.items() if outcome == "failed")
    return [
        Check("a 550 is never tried again", f"{retried} of {refused}", retried == 0 < refused),
        Check("no plaintext beyond EHLO, STARTTLS and QUIT", f"{plain} lines", plain == 0),
    ]


def _healthy(pace: Pace, floor: float) -> list[Check]:
    well, hanging = pace.p95
    seen = f"{well:.2f} s → {hanging:.2f} s while {pace.hung} tries hung"
    kept = hanging <= max(WORSE * well, floor) and pace.hung > 0
    return [
        Check("the healthy channel's p95 at most twice its baseline", seen, kept),
        Check("each card arrived once", f"{pace.cards_lost} lost, {pace.cards_twice} twice",
              pace.cards_lost == 0 == pace.cards_twice),
    ]  # fmt: skip


def _accounts(survived: list[Survived], pace: Pace) -> list[Check]:
    return sum((one.account for one in survived), pace.account).checks(most_duplicates=None)


def _table(survived: list[Survived]) -> str:
    head = "| the mail server | on | messages | sent | at a further try | lost | twice, and saying so | until calm |\n"
    rows = [
        f"| {one.fault} | {one.database} | {one.messages} | {one.account.expected} | {one.account.recovered} "
        f"| {one.account.lost} | {one.account.duplicated} | {one.virtual_hours:.1f} h |"
        for one in survived
    ]
    return head + "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows)


TRIAL = Trial("T6", "a mail server that misbehaves", run)
