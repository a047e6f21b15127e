"""T7: a Teams workflow that throttles, stumbles, redirects or finds too large: every message arrives or is told of."""

from collections import Counter

from demo.certificates import DemoCertificates
from tests.chaos.hook_faults import LIMIT, Posted, post, refused
from tests.chaos.mail_faults import certificates
from tests.chaos.total_queue import Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.chaos.virtual_time import Fresh, databases
from tests.misbehaving.scripted_webhook import Answer


def run(size: Size) -> Finding:
    """Post to a workflow in trouble, all at once and in lots, and to workflows that refuse for good."""
    short = size is Size.SHORT
    with certificates() as tls, databases() as fresh:
        passing, refusing = _passing(fresh, tls, short), _refusing(fresh, tls, 8 if short else 40)
    everything = [*passing, *refusing]
    account = sum((one.mail for one in everything), Account())
    return Finding(
        load=_load(short),
        checks=[
            *_delivered(passing),
            *_refused(refusing),
            _sizes(everything),
            *account.checks(),
        ],
        table=_table(everything),
    )


def _passing(fresh: Fresh, tls: DemoCertificates, short: bool) -> list[Posted]:
    ways = {"at once": [40] if short else [200], "in lots": [10] * (2 if short else 20)}
    return [
        post(how, kind, url, lots, tls)
        for how, lots in ways.items()
        for kind, url in fresh().items()
    ]  # fmt: skip


def _refusing(fresh: Fresh, tls: DemoCertificates, number: int) -> list[Posted]:
    statuses = {"redirected": 302, "moved": 308, "too large": 413}
    return [
        refused(how, kind, url, number, tls, Answer(status))
        for how, status in statuses.items()
        for kind, url in fresh().items()
    ]


def _load(short: bool) -> str:
    size = "40 at once, 2 lots of 10" if short else "200 at once, 20 lots of 10 six minutes apart"
    return (
        f"{size} to one hook that answers 27 posts with 429 (seconds, date, within 200), 502, 503, 408, 202 in turn, "
        f"and {8 if short else 40} each to hooks that answer 302, 308, 413; PostgreSQL and SQLite, in virtual time"
    )


def _delivered(passing: list[Posted]) -> list[Check]:
    messages, delivered = sum(one.messages for one in passing), sum(one.delivered for one in passing)
    early, twice = sum(one.too_early for one in passing), sum(one.twice for one in passing)
    asked = sum(sum(one.posts[status] for status in ("429", "503")) for one in passing)
    return [
        Check("every message delivered, none dropped", f"{delivered} of {messages}", delivered == messages),
        Check("each on one card", f"{twice} twice", twice == 0),
        Check("no post to the hook before Retry-After", f"{early}, asked {asked} times", early == 0 < asked),
    ]


def _refused(refusing: list[Posted]) -> list[Check]:
    followed = sum(one.followed for one in refusing)
    failed, told = sum(one.failed.total() for one in refusing), sum(one.told_otherwise for one in refusing)
    messages = sum(one.messages for one in refusing)
    seen = f"{failed} of {messages} failed, {told} mails instead"
    return [
        Check("redirects are never followed", f"{followed} followed", followed == 0),
        Check("what is refused for good fails visibly and is told by mail", seen, failed == messages == told),
    ]


def _sizes(everything: list[Posted]) -> Check:
    largest = max(one.largest for one in everything)
    return Check(f"no card above {LIMIT // 1024} KiB", f"largest {largest / 1024:.1f} KiB", largest <= LIMIT)


def _table(everything: list[Posted]) -> str:
    head = "| how | on | messages | on cards | answers | until calm |\n|---|---|---|---|---|---|\n"
    rows = [
        f"| {one.how} | {one.database} | {one.messages} | {one.delivered} | {_answers(one.posts)} "
        f"| {one.virtual_hours:.1f} h |"
        for one in everything
    ]
    return head + "\n".join(rows)


def _answers(posts: Counter[str]) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(posts.items()))


TRIAL = Trial("T7", "a Teams workflow that throttles, stumbles and redirects", run)
