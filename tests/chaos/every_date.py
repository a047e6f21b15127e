"""A case a day for years, watched by the real sweep on a real database, and what an independent oracle says of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from demo.certificates import DemoCertificates
from engine.delivering import deliver
from engine.digests import queue_digests
from engine.rulebook import publish
from engine.sweeping import sweep
from notifications.channels.email import EmailChannel
from storage.tables import case, deadline, ledger, outbox, staff
from tests.chaos.mail_faults import settings_of
from tests.chaos.total_queue import Account, take_account
from tests.chaos.virtual_time import VirtualClock, house_on, settle
from tests.house import House
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.oracles.stockholm_clock import local_day, summer_time, utc_of
from tests.oracles.swedish_calendar import (
    add_days,
    add_months,
    add_working_days,
    is_working_day,
    roll_next,
    roll_previous,
)
from workflows.reader import read_definition

DATES = Path("tests/fixtures/dates.yaml")
PROGRAMME = "datum"
OPENS = 8  # o'clock, when rungs fire
TAIL = 45  # days until the last escalation of the last case
Fired = dict[tuple[str, str, str], datetime]


@dataclass(frozen=True, slots=True)
class Lived:
    """What years of dates showed.

    Attributes:
        dates: how many decision dates.
        expected: rungs the oracle expects.
        agreed: of these, how many fired once, at the oracle's instant.
        strangers: rungs that fired though the oracle knows nothing of them, or at another instant.
        twice: rungs that fired, or digests that left, more than once on a local date.
        digest_days: working days on which digests were watched hour by hour.
        digests_agreed: of these, on how many exactly one digest left.
    """

    dates: int
    expected: int
    agreed: int
    strangers: int
    twice: int
    digest_days: int
    digests_agreed: int
    account: Account


def live(url: str, days: Sequence[date], changes: Sequence[datetime], tls: DemoCertificates) -> Lived:
    """Open a case on every one of `days` (in order), let time pass, and compare; watch digests around `changes`."""
    with _house(url, tls) as (house, clock, server):
        _set_digests(house, wanted=False)
        refs = _pass_days(house, clock, days)
        expected, fired = dict(_expected(refs)), _fired(house)
        _set_digests(house, wanted=True)
        hours = list(_pass_hours(house, clock, changes))
        settle(house, clock)
        return _compared(expected, fired, hours, house, clock, server)


@contextmanager
def _house(url: str, tls: DemoCertificates) -> Iterator[tuple[House, VirtualClock, ScriptedSmtp]]:
    clock = VirtualClock(utc_of(date(2024, 1, 1), 7))
    with ExitStack() as stack:
        built = stack.enter_context(house_on(url))
        server = stack.enter_context(scripted_smtp(tls.server_context()))
        email = EmailChannel(settings_of(server, tls, None), clock)
        house = replace(built, engine=replace(built.engine, email=email, teams=None))
        with house.engine.database.write() as connection:
            publish(connection, read_definition(DATES.read_text(encoding="utf-8"), DATES.name), clock.now)
        yield house, clock, server


def _pass_days(house: House, clock: VirtualClock, days: Sequence[date]) -> dict[str, date]:
    """Open the cases and sweep, just before opening time and on it, every day; every half hour where clocks change."""
    refs: dict[str, date] = {}
    wanted, day = set(days), days[0]
    while day <= add_days(days[-1], TAIL):
        if day in wanted:
            until = f"{day.year + 2}-12-31"
            refs[house.open_case(day.isoformat(), now=utc_of(day, 7), programme=PROGRAMME, until=until)] = day
        for at in _moments(day):
            clock.now = at
            sweep(house.engine, at)
        deliver(house.engine, clock.now)
        day = _next(day, days)
    return refs


def _next(day: date, days: Sequence[date]) -> date:
    """Return the next day on which something may be open; long stretches without cases are passed over."""
    following = add_days(day, 1)
    near = any(add_days(one, TAIL) >= following for one in days if one <= following)
    return following if near else next((one for one in days if one > day), following)


def _moments(day: date) -> list[datetime]:
    usual = [utc_of(day, OPENS - 1, 59), utc_of(day, OPENS)]
    changes = [at for at in summer_time(day.year) if at.date() == day]
    early = [at + timedelta(minutes=30 * half) for at in changes for half in range(-4, 5)]
    return sorted({*usual, *early})


def _expected(refs: dict[str, date]) -> Iterator[tuple[tuple[str, str, str], datetime]]:
    """Say by the oracle alone which rung fires when."""
    for ref, decided in refs.items():
        dues = {"thirty_days": roll_next(add_days(decided, 30)), "one_month": roll_next(add_months(decided, 1))}
        for kind, due in dues.items():
            yield (ref, kind, "r1"), utc_of(roll_previous(add_days(due, -14)), OPENS)
            yield (ref, kind, "e1"), utc_of(add_working_days(due, 1), OPENS)


def _fired(house: House) -> list[tuple[tuple[str, str, str], datetime]]:
    query = (
        select(case.c.ref, deadline.c.kind, ledger.c.rung, ledger.c.decided_at)
        .join(deadline, deadline.c.id == ledger.c.deadline_id)
        .join(case, case.c.id == deadline.c.case_id)
    )
    with house.engine.database.read() as connection:
        return [((row.ref, row.kind, row.rung), row.decided_at) for row in connection.execute(query)]


def _set_digests(house: House, *, wanted: bool) -> None:
    with house.engine.database.write() as connection:
        connection.execute(update(staff).values(digest=wanted))


def _pass_hours(house: House, clock: VirtualClock, changes: Sequence[datetime]) -> Iterator[tuple[date, int]]:
    """Go hour by hour from two days before each change to three days after; give each whole day and its digests."""
    for change in changes:
        first = change - timedelta(days=2)
        for hours in range(5 * 24):
            clock.now = max(clock.now, first + timedelta(hours=hours))
            queue_digests(house.engine, first + timedelta(hours=hours))
            deliver(house.engine, first + timedelta(hours=hours))
        with house.engine.database.read() as connection:
            query = select(outbox.c.created_at).where(outbox.c.kind == "digest", outbox.c.outcome == "sent")
            sent = Counter(local_day(at) for at in connection.execute(query).scalars())
        last = local_day(first + timedelta(hours=5 * 24 - 1))
        # The first and the last day are not whole.
        yield from ((day, sent[day]) for day in _between(add_days(local_day(first), 1), add_days(last, -1)))


def _between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = add_days(first, 1)


def _compared(
    expected: Fired,
    fired: Sequence[tuple[tuple[str, str, str], datetime]],
    hours: Sequence[tuple[date, int]],
    house: House,
    clock: VirtualClock,
    server: ScriptedSmtp,
) -> Lived:
    agreed = sum(expected.get(key) == at for key, at in fired)
    per_day = Counter((key, local_day(at)) for key, at in fired)
    working = [(day, number) for day, number in hours if is_working_day(day)]
    return Lived(
        dates=len({key[0] for key in expected}),
        expected=len(expected),
        agreed=agreed,
        strangers=len(fired) - agreed,
        twice=sum(count > 1 for count in per_day.values()) + sum(number > 1 for _, number in hours),
        digest_days=len(working),
        digests_agreed=sum(number == is_working_day(day) for day, number in hours) - (len(hours) - len(working)),
        account=take_account(house.engine, server.bodies, clock.now),
    )
