"""Has anybody changed what happened? Every hash reckoned again, and held against a head that was kept outside."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from access.signing import Signer
from engine.chain import START, chained
from engine.chain_heads import START as FIRST
from engine.chain_heads import Head, head_of, joined, witness_line
from engine.opening import Progress, no_progress
from engine.parts import Engine
from engine.verifying_trust import strayed_rows
from storage import heads
from storage.access_log import chained_lines

EVERY = 10_000


class Breach(StrEnum):
    """What does not fit."""

    EVENT = "event"  # a row of a history is not the one that was written, or one is missing before it
    END = "end"  # a case does not end where its history does
    MISSING = "missing"  # a history is shorter than when it was covered by a head
    HEAD = "head"  # what a head covered is no longer what it was
    SIGNATURE = "signature"  # a head that this house has not signed
    LOST_HEAD = "lost_head"  # the head kept outside is not in the database, or another one is in its place
    STRAYED = "strayed"  # a consent or a disclosure does not say what its event says
    LOG = "log"  # a line of the access log is not the one that was written, or lines are missing


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach. `ref` names a case; `at` the event, the head or the line of the log (shard.number)."""

    breach: Breach
    ref: str | None
    at: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked through, and every breach found."""

    cases: int
    events: int
    heads: int
    lines: int
    findings: tuple[Finding, ...]


def verify(engine: Engine, signer: Signer, outside: Head | None = None, progress: Progress = no_progress) -> Verified:
    """Reckon every hash again.

    Args:
        engine: the parts.
        signer: whose signatures count.
        outside: a head that was kept where nobody who may write the database can write. Without it, whoever rewrites
            everything since some hour, its heads included, and takes the last ones away, is not found.
        progress: told how many events have been looked at.
    """
    with engine.database.read() as connection:
        return verify_within(connection, signer, outside, progress)


def verify_within(
    connection: Connection, signer: Signer, outside: Head | None = None, progress: Progress = no_progress
) -> Verified:
    """Do as `verify`, in the caller's transaction."""
    kept = [head_of(row) for row in heads.heads(connection)]
    histories = _Histories(connection, {head.id: hashlib.sha256() for head in kept}, progress)
    found = [*histories.look(), *_heads(kept, histories.lines, signer, outside)]
    found += [Finding(Breach.STRAYED, ref, str(seq)) for ref, seq in strayed_rows(connection)]
    newest = outside or (kept[-1] if kept else None)
    log = _Log(connection, newest.logs if newest else ())
    found += log.look()
    return Verified(histories.cases, histories.events, len(kept), log.lines, tuple(found))


@dataclass(slots=True)
class _Histories:
    """Walks through every case, its events and what heads have covered of it, all in the order of the cases."""

    connection: Connection
    lines: dict[int, Any]  # by head: the digest of what it covered, reckoned from what is stored now
    progress: Progress
    cases: int = 0
    events: int = 0
    last: str = START  # the hash reckoned last, of the case at hand

    def look(self) -> Iterator[Finding]:
        rows = _Ahead(iter(heads.events(self.connection)))
        covered = _Ahead(iter(heads.witnesses(self.connection)))
        for case in heads.case_ends(self.connection):
            self.cases += 1
            yield from self._one(case, rows, covered)

    def _one(self, case: Row[Any], rows: "_Ahead", covered: "_Ahead") -> Iterator[Finding]:
        seq, self.last, whole = 0, START, True
        for row in rows.of(case.id):
            seq += 1
            self.last = chained(self.last, dict(zip(heads.HISTORY_COLUMNS, row, strict=True)))
            if whole and (row.seq != seq or row.hash != self.last):
                whole = False
                yield Finding(Breach.EVENT, case.ref, str(seq))
            for mark in covered.up_to(case.id, row.seq):
                yield from self._cover(case, mark, row.seq)
            self._count()
        for mark in covered.of(case.id):
            yield Finding(Breach.MISSING, case.ref, str(mark.seq))
        if whole and (case.seq, case.head) != (seq, self.last):
            yield Finding(Breach.END, case.ref, str(seq))

    def _cover(self, case: Row[Any], mark: Row[Any], seq: int) -> Iterator[Finding]:
        if mark.seq != seq or mark.head_id not in self.lines:
            yield Finding(Breach.MISSING, case.ref, str(mark.seq))
        else:
            self.lines[mark.head_id].update(witness_line(case.id, mark.seq, self.last))

    def _count(self) -> None:
        self.events += 1
        if self.events % EVERY == 0:
            self.progress(self.events, 0)


@dataclass(slots=True)
class _Ahead:
    """A stream of rows in the order of their cases, of which the next one can be looked at."""

    rows: Iterator[Row[Any]]
    next: Row[Any] | None = field(init=False)

    def __post_init__(self) -> None:
        self.next = next(self.rows, None)

    def of(self, case_id: int) -> Iterator[Row[Any]]:
        """Give the rows of a case; those of cases that are no more are passed over."""
        while self.next is not None and self.next.case_id <= case_id:
            row, self.next = self.next, next(self.rows, None)
            if row.case_id == case_id:
                yield row

    def up_to(self, case_id: int, seq: int) -> Iterator[Row[Any]]:
        """Give the rows of a case up to a number of event."""
        while self.next is not None and (self.next.case_id, self.next.seq) <= (case_id, seq):
            row, self.next = self.next, next(self.rows, None)
            if row.case_id == case_id:
                yield row


def _heads(kept: list[Head], lines: Mapping[int, Any], signer: Signer, outside: Head | None) -> Iterator[Finding]:
    """Look whether heads follow from each other, from what they cover, and are this house's own."""
    before = FIRST
    for number, head in enumerate(kept, start=1):
        if head.id != number or head.digest != joined(before, lines[head.id].hexdigest()):
            yield Finding(Breach.HEAD, None, str(head.id))
        if not signer.signed(head.content, head.signature):
            yield Finding(Breach.SIGNATURE, None, str(head.id))
        before = head.digest
    if outside is None:
        return
    if not signer.signed(outside.content, outside.signature):
        yield Finding(Breach.SIGNATURE, None, str(outside.id))
    if outside not in kept:
        yield Finding(Breach.LOST_HEAD, None, str(outside.id))


@dataclass(slots=True)
class _Log:
    """Walks through the access log, shard by shard."""

    connection: Connection
    ends: tuple[tuple[int, int, str], ...]  # (shard, number, hash) as a head knew them
    lines: int = 0

    def look(self) -> Iterator[Finding]:
        missing = {(shard, number): end for shard, number, end in self.ends}
        shard, number, last, whole = -1, 0, START, True
        for row in chained_lines(self.connection):
            self.lines += 1
            if row.shard != shard:
                shard, number, last, whole = row.shard, 0, START, True
            number += 1
            content = {name: value for name, value in row._mapping.items() if name != "id"}
            last = chained(last, content)
            if whole and (row.number != number or row.hash != last):
                whole = False
                yield Finding(Breach.LOG, None, f"{shard}.{number}")
            if missing.get((shard, row.number)) == last:
                del missing[shard, row.number]
        for shard, number in sorted(missing):
            yield Finding(Breach.LOG, None, f"{shard}.{number}")
