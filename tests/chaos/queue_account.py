"""Jepsen's total-queue on the outbox: what went in must have come out (facts/trust.md §1)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from engine.auditing import unaccounted
from notifications.channels.email import message_id
from storage.outbox import QUEUED, SENDING
from storage.tables import outbox
from tests.chaos.trial import Check
from tests.house import House

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a queue.

    Attributes:
        expected: how many the outbox says have left.
        lost: of these, how many nobody accepted, and those that wait still.
        unexpected: accepted though the outbox knows of no reason.
        duplicated: accepted more than once.
        unmarked: of these, those that were not marked as possible duplicates.
        recovered: how many left only at a further try.
    """

    expected: int
    lost: int
    unexpected: int
    duplicated: int
    unmarked: int
    recovered: int

    def __add__(self, other: "Account") -> "Account":
        mine, theirs = _counts(self), _counts(other)
        return Account(*(one + more for one, more in zip(mine, theirs, strict=True)))


NOTHING = Account(0, 0, 0, 0, 0, 0)


def _counts(account: Account) -> tuple[int, ...]:
    names = ("expected", "lost", "unexpected", "duplicated", "unmarked", "recovered")
    return tuple(getattr(account, name) for name in names)


def message_ids(mails: Iterable[bytes]) -> Iterator[str]:
    """Give the Message-ID of each mail a server accepted."""
    for mail in mails:
        found = _MESSAGE_ID.search(mail)
        yield found[1].decode() if found else "none"


def mail_account(house: House, mails: Iterable[bytes]) -> Account:
    """Compare the outbox with the mails a server has accepted, or kept though it never said so."""
    assert house.engine.email is not None
    settings = house.engine.email.settings
    with house.engine.database.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.channel == "email")).all()
    arrived = Counter(message_ids(mails))
    sent = {message_id(row.key, settings): row for row in rows if row.outcome == "sent"}
    doubtful = {message_id(row.key, settings) for row in rows if row.uncertain}
    waiting = [row for row in rows if row.state in {QUEUED, SENDING}]
    twice = {named for named, count in arrived.items() if count > 1}
    return Account(
        expected=len(sent) + len(waiting),
        lost=sum(arrived[named] == 0 for named in sent) + len(waiting),
        unexpected=len(set(arrived) - set(sent) - doubtful),
        duplicated=len(twice),
        unmarked=len(twice - doubtful),
        recovered=sum(row.attempts > 1 for row in sent.values()),
    )


def queue_checks(account: Account, *, gaps: int, duplicates: bool = False) -> list[Check]:
    """Return the pass figures of every trial's end; `duplicates`: those are allowed that say so."""
    wrong = account.unmarked if duplicates else account.duplicated
    return [
        Check("lost 0", f"{account.lost} of {account.expected}", account.lost == 0 < account.expected),
        Check("unexpected 0", str(account.unexpected), account.unexpected == 0),
        Check("duplicates 0" + (" that do not say so" if duplicates else ""), str(wrong), wrong == 0),
        Check("ledger --unaccounted 0", str(gaps), gaps == 0),
    ]


def gaps(house: House, now: datetime) -> int:
    """Return how many rungs nobody has accounted for."""
    return len(unaccounted(house.engine, now))
