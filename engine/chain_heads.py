"""Signed heads: once an hour all histories, and the access log, as one line that is kept outside the house as well.

A head covers the heads before it, so the newest one kept outside proves everything up to its hour: whoever changes the
database afterwards, even all of it, cannot make it fit.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from access.signing import Signer
from engine.parts import Engine
from storage import heads
from storage.access_log import tails
from workflows.errors import BevakaError
from workflows.values import canonical

START = ""
MEMBERS = ("id", "at", "cases", "events", "digest", "logs")


class HeadUnreadableError(BevakaError):
    """A text that is no signed head."""

    def __init__(self) -> None:
        super().__init__("this is no signed head; allowed: a line that `bevaka audit head` has written")


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head. `at` is UTC in ISO form; `logs` has (shard, number, hash) of the last row of each shard."""

    id: int
    at: str
    cases: int
    events: int
    digest: str
    logs: tuple[tuple[int, int, str], ...]
    signature: str = ""

    @property
    def content(self) -> str:
        """Return the text that is signed."""
        return canonical({"bevaka": "head", **{name: getattr(self, name) for name in MEMBERS}})

    def line(self, public_key: str) -> str:
        """Return the head as one line, to be kept outside, with the key that checks it."""
        return canonical({**json.loads(self.content), "key": public_key, "signature": self.signature})


def read_head(text: str) -> Head:
    """Return the head in the last line of a text.

    Raises:
        HeadUnreadableError: there is none.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        told = json.loads(lines[-1])
        logs = tuple((int(shard), int(number), str(end)) for shard, number, end in told["logs"])
        numbers = int(told["id"]), str(told["at"]), int(told["cases"]), int(told["events"])
        return Head(*numbers, str(told["digest"]), logs, str(told["signature"]))
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        raise HeadUnreadableError from None


def head_of(row: Row[Any]) -> Head:
    """Return a stored head."""
    logs = tuple((shard, number, end) for shard, number, end in row.logs)
    return Head(row.id, row.at.astimezone(UTC).isoformat(), row.cases, row.events, row.digest, logs, row.signature)


def sign_head(engine: Engine, signer: Signer, now: datetime) -> Head:
    """Sign what all histories and the access log are now (UTC), keep it, and return it.

    Raises:
        sqlalchemy.exc.IntegrityError: another process has just signed; its head is as good.
    """
    with engine.database.write() as connection:
        before = heads.newest_head(connection)
        head, covered = _next_head(connection, head_of(before) if before else None, now)
        signature = signer.sign(head.content)
        row = {name: getattr(head, name) for name in MEMBERS}
        heads.insert_head(connection, row | {"at": now, "signature": signature}, covered)
    return Head(head.id, head.at, head.cases, head.events, head.digest, head.logs, signature)


def _next_head(connection: Connection, before: Head | None, now: datetime) -> tuple[Head, list[dict[str, int]]]:
    lines, covered = hashlib.sha256(), list[dict[str, int]]()
    number, cases, events = (before.id + 1, before.cases, before.events) if before else (1, 0, 0)
    for row in heads.grown_cases(connection):
        lines.update(witness_line(row.id, row.seq, row.head))
        covered.append({"head_id": number, "case_id": row.id, "seq": row.seq})
        cases, events = cases + (row.seen is None), events + row.seq - (row.seen or 0)
    digest = joined(before.digest if before else START, lines.hexdigest())
    logs = tuple((tail.shard, tail.number, tail.hash) for tail in tails(connection))
    return Head(number, now.astimezone(UTC).isoformat(), cases, events, digest, logs), covered


def witness_line(case_id: int, seq: int, end: str) -> bytes:
    """Return how a head remembers that the history of a case had come so far, and ended in a hash."""
    return f"{case_id}:{seq}:{end}\n".encode()


def joined(before: str, lines: str) -> str:
    """Return the digest of a head from that of the head before it and that of its own lines."""
    return hashlib.sha256(f"{before}|{lines}".encode()).hexdigest()
