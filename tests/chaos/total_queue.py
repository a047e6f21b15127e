"""What went in must have come out: outbox and ledger against what the mail server accepted (Jepsen's total-queue).

Every mail carries a Message-ID that follows from its outbox key, so each copy that arrived can be told from the others
(facts/trust.md §1).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.auditing import unaccounted
from engine.parts import Engine
from notifications.channels.email import message_id
from storage.outbox import QUEUED, SENDING
from storage.tables import outbox
from tests.chaos.trial import Check

MARK = "X-Bevaka-May-Be-Duplicate"
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everything that was to leave by mail.

    Attributes:
        expected: messages that Bevaka says were sent.
        distinct: messages that the mail server accepted, each counted once.
        waiting: messages that are still on their way.
        lost: sent according to Bevaka, never accepted by the server.
        unexpected: accepted by the server, not sent according to Bevaka.
        doubtful: as `unexpected`, but Bevaka says of them that they may have left: their postman was lost, and when
            their turn came again they were no longer wanted.
        duplicated: copies accepted beyond the first of each message.
        unmarked: of these, copies that do not say that they may be one.
        recovered: messages that were sent though a try of theirs had failed or its postman was lost.
        unaccounted: rungs nobody has accounted for, as `bevaka ledger --unaccounted` finds them.
        causes: how many of these by cause.
    """

    expected: int = 0
    distinct: int = 0
    waiting: int = 0
    lost: int = 0
    unexpected: int = 0
    doubtful: int = 0
    duplicated: int = 0
    unmarked: int = 0
    recovered: int = 0
    unaccounted: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Account") -> "Account":
        sums = {one.name: _sum(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)}
        return Account(**sums)

    def checks(self, *, most_duplicates: int | None = 0) -> list[Check]:
        """Return the pass figures; `most_duplicates` are what it may cost at most, None where each need only say so."""
        most = {0: "0", None: "only what says so"}.get(most_duplicates, f"at most {most_duplicates}, each marked")
        few = most_duplicates is None or self.duplicated <= most_duplicates
        named = f" {', '.join(f'{cause} {number}' for cause, number in sorted(self.causes.items()))}".rstrip()
        return [
            Check("lost 0", f"{self.lost} of {self.expected}", self.lost == 0 < self.expected),
            Check("unexpected 0", str(self.unexpected), self.unexpected == 0),
            Check(f"duplicated {most}", f"{self.duplicated}, unmarked {self.unmarked}", few and self.unmarked == 0),
            Check("drained: nothing waits", str(self.waiting), self.waiting == 0),
            Check("unaccounted 0", f"{self.unaccounted}{named}", self.unaccounted == 0),
        ]

    def row(self, name: str) -> str:
        """Return the account as a line of `TABLE`."""
        figures = (self.expected, self.distinct, self.lost, self.unexpected, self.doubtful, self.duplicated)
        return f"| {name} | {' | '.join(map(str, (*figures, self.recovered)))} |"


def _sum(one: Any, other: Any) -> Any:
    return dict(Counter(one) + Counter(other)) if isinstance(one, Mapping) else one + other


TABLE = (
    "| | expected | accepted | lost | unexpected | in doubt, and marked | duplicated | recovered |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def take_account(engine: Engine, mails: Iterable[bytes], now: datetime) -> Account:
    """Compare what Bevaka says with what arrived.

    Args:
        engine: with the settings of the mail server.
        mails: what the server accepted, or kept though it never said so, oldest first.
        now: by Bevaka's clock, UTC.
    """
    if engine.email is None:
        raise ValueError("an engine without a mail server sends nothing that could be compared")
    settings = engine.email.settings
    columns = (outbox.c.key, outbox.c.state, outbox.c.outcome, outbox.c.uncertain, outbox.c.lease, outbox.c.attempts)
    with engine.database.read() as connection:
        rows = connection.execute(select(*columns).where(outbox.c.channel == "email")).all()
    sent = {message_id(row.key, settings): row for row in rows if row.outcome == "sent"}
    copies = _copies(mails)
    doubtful = {message_id(row.key, settings) for row in rows if row.uncertain} & copies.keys() - sent.keys()
    causes = Counter(gap.cause.value for gap in unaccounted(engine, now))
    return Account(
        expected=len(sent),
        distinct=len(copies),
        waiting=sum(row.state in {QUEUED, SENDING} for row in rows),
        lost=len(sent.keys() - copies.keys()),
        unexpected=len(copies.keys() - sent.keys() - doubtful),
        doubtful=len(doubtful),
        duplicated=sum(len(marks) - 1 for marks in copies.values()),
        unmarked=sum(not marked for marks in copies.values() for marked in _later(marks)),
        recovered=sum(bool(row.uncertain) or row.attempts > 1 for row in sent.values()),
        unaccounted=causes.total(),
        causes=dict(causes),
    )


def is_accounted_for(engine: Engine, now: datetime) -> bool:
    """Say whether every rung is accounted for."""
    return not unaccounted(engine, now)


def message_ids(mails: Iterable[bytes]) -> Iterator[str]:
    """Give the Message-ID of each mail."""
    for mail in mails:
        found = _MESSAGE_ID.search(mail)
        yield found[1].decode() if found else "none"


def _copies(mails: Iterable[bytes]) -> dict[str, list[bool]]:
    """Return, for each Message-ID that arrived, whether each copy says that it may be one, oldest first."""
    found: dict[str, list[bool]] = {}
    for mail in mails:
        head = mail.partition(b"\r\n\r\n")[0]
        found.setdefault(next(message_ids([head])), []).append(f"\n{MARK}:".encode() in head)
    return found


def _later(marks: Sequence[bool]) -> Sequence[bool]:
    """Return the marks of all copies but one: a stopped postman's unmarked copy may arrive after the marked one."""
    return sorted(marks)[1:]
