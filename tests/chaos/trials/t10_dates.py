"""T10: summer time, leap days and ends of months; "30 days" and "1 month", until 2037."""

from datetime import date, datetime

from tests.chaos.every_date import Lived, live
from tests.chaos.mail_faults import certificates
from tests.chaos.total_queue import Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.chaos.virtual_time import databases
from tests.oracles.stockholm_clock import summer_time
from tests.oracles.swedish_calendar import add_days

FIRST, LAST = 2024, 2037
AHEAD = 40  # days a ladder lasts at most


def run(size: Size) -> Finding:
    """Live through the dates on both databases."""
    short = size is Size.SHORT
    days, changes = (_spring(), [summer_time(FIRST)[0]]) if short else (_telling_days(), _every_change())
    with certificates() as tls, databases() as fresh:
        lived = {kind: live(url, days, changes, tls) for kind, url in fresh().items()}
    totals = list(lived.values())
    account = sum((one.account for one in totals), Account())
    leap = sum((day.month, day.day) == (2, 29) for day in days)
    ends = sum(add_days(day, 1).day == 1 for day in days)
    return Finding(
        load=(
            f"a case decided on each of {len(days)} dates ({days[0]} to {days[-1]}, {leap} leap days, {ends} ends of "
            f"months), {len(changes)} changes of the clock; PostgreSQL and SQLite in virtual time"
        ),
        checks=[
            *_checks(totals),
            *account.checks(),
        ],
    )


def _checks(lived: list[Lived]) -> list[Check]:
    expected, agreed = sum(one.expected for one in lived), sum(one.agreed for one in lived)
    strangers, twice = sum(one.strangers for one in lived), sum(one.twice for one in lived)
    days, digests = sum(one.digest_days for one in lived), sum(one.digests_agreed for one in lived)
    return [
        Check("100 % at the oracle's instant", f"{agreed} of {expected}", agreed == expected > 0),
        Check("nothing fires that the oracle does not know", str(strangers), strangers == 0),
        Check("one firing per local date", f"{twice} twice", twice == 0),
        Check("one digest per working day around a change", f"{digests} of {days}", digests == days > 0),
    ]


def _telling_days() -> list[date]:
    """Give every date whose ladder meets a change of the clock, and the ends of January and February."""
    near = {add_days(at.date(), -number) for at in _every_change() for number in range(-1, AHEAD)}
    ends = {add_days(date(year, 1, 28), number) for year in range(FIRST, LAST + 1) for number in range(34)}
    return sorted(near | {day for day in ends if day.day >= 28 or day.day == 1})


def _spring() -> list[date]:
    """Give some dates whose ladders lie around the leap day and the change of March 2024."""
    return [add_days(date(FIRST, 1, 30), number) for number in (0, 1, *range(2, 32, 4))]


def _every_change() -> list[datetime]:
    return [at for year in range(FIRST, LAST + 1) for at in summer_time(year)]


TRIAL = Trial("T10", "summer time, leap days, ends of months", run)
