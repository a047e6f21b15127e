"""What went in must have come out: outbox and ledger against what the mail server accepted (Jepsen's total-queue).

Every mail carries a Message-ID that follows from its outbox key, so each copy that arrived can be told from the others.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser

from sqlalchemy import select

from demo.mailbox import DemoMailbox
from engine.parts import Engine
from engine.proving import prove
from notifications.channels.email import message_id
from storage.outbox import QUEUED, SENDING
from storage.tables import outbox
from tests.chaos.trial import Check

MARK = "X-Bevaka-May-Be-Duplicate"
_HEADERS = BytesHeaderParser()


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
        recovered: messages whose postman was lost and that were sent all the same.
        unaccounted: rungs the audit found, as `bevaka ledger --unaccounted`, by cause.
    """

    expected: int
    distinct: int
    waiting: int
    lost: int
    unexpected: int
    doubtful: int
    duplicated: int
    unmarked: int
    recovered: int
    unaccounted: int
    causes: str = ""

    def checks(self, *, most_duplicates: int = 0) -> list[Check]:
        """Return the pass figures of the account; `most_duplicates` are what a kill between two systems may cost."""
        most = f"at most {most_duplicates}, each marked" if most_duplicates else "0"
        return [
            Check("lost 0", f"{self.lost} of {self.expected}", self.lost == 0),
            Check("unexpected 0", str(self.unexpected), self.unexpected == 0),
            Check(
                f"duplicated {most}",
                f"{self.duplicated}, unmarked {self.unmarked}",
                self.duplicated <= most_duplicates and self.unmarked == 0,
            ),
            Check("drained: nothing waits", str(self.waiting), self.waiting == 0),
            Check("unaccounted 0", f"{self.unaccounted}{self.causes}", self.unaccounted == 0),
        ]

    def row(self, name: str) -> str:
        """Return the account as a line of `TABLE`."""
        figures = (self.expected, self.distinct, self.lost, self.unexpected, self.doubtful, self.duplicated)
        return f"| {name} | {' | '.join(map(str, (*figures, self.recovered)))} |"


TABLE = (
    "| | expected | accepted | lost | unexpected | in doubt, and marked | duplicated | recovered |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def account(engine: Engine, mailbox: DemoMailbox, now: datetime) -> Account:
    """Compare what Bevaka says with what arrived; `now` is by Bevaka's clock, UTC."""
    if engine.email is None:
        raise ValueError("an engine without a mail server sends nothing that could be compared")
    settings = engine.email.settings
    columns = (outbox.c.key, outbox.c.state, outbox.c.outcome, outbox.c.uncertain, outbox.c.lease, outbox.c.attempts)
    with engine.database.read() as connection:
        rows = connection.execute(select(*columns).where(outbox.c.channel == "email")).all()
    sent = {message_id(row.key, settings): row for row in rows if row.outcome == "sent"}
    copies = _copies(mailbox)
    doubtful = {message_id(row.key, settings) for row in rows if row.uncertain} & copies.keys() - sent.keys()
    proof = prove(engine, now)
    named = {cause: number for cause, number in proof.gaps.items() if number}
    return Account(
        expected=len(sent),
        distinct=len(copies),
        waiting=sum(row.state in {QUEUED, SENDING} for row in rows),
        lost=len(sent.keys() - copies.keys()),
        unexpected=len(copies.keys() - sent.keys() - doubtful),
        doubtful=len(doubtful),
        duplicated=sum(len(marks) - 1 for marks in copies.values()),
        unmarked=sum(not marked for marks in copies.values() for marked in _later(marks)),
        recovered=sum(bool(row.uncertain) for row in sent.values()),
        unaccounted=proof.total,
        causes=f" {json.dumps(named)}" if named else "",
    )


def _copies(mailbox: DemoMailbox) -> dict[str, list[bool]]:
    """Return, for each Message-ID that arrived, whether each copy says that it may be one, oldest first."""
    found: dict[str, list[bool]] = {}
    for mail in reversed(mailbox.list(limit=1_000_000, kind="mail")):
        headers = _HEADERS.parsebytes(mail.raw.partition(b"\r\n\r\n")[0])
        found.setdefault(str(headers["Message-ID"]).strip(), []).append(MARK in headers)
    return found


def _later(marks: Sequence[bool]) -> Sequence[bool]:
    """Return the marks of all copies but one: a stopped postman's unmarked copy may arrive after the marked one."""
    return sorted(marks)[1:]


def distinct_ids(mailbox: DemoMailbox) -> Counter[str]:
    """Return how many copies of each message have arrived."""
    return Counter({identifier: len(marks) for identifier, marks in _copies(mailbox).items()})
