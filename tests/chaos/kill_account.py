"""What became of every message of T1: the cases that were opened against what the servers accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser

from sqlalchemy import select

from engine.proving import prove
from notifications.channels.email import message_id
from storage.tables import case, outbox
from tests.chaos.kill_world import Channel, World
from tests.chaos.stage import Kind
from tests.chaos.total_queue import MARK

NOTE = "kan ha kommit fram tidigare"  # what a card says that may be a copy
_HEADERS = BytesHeaderParser()


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that was killed. `at` is when it was dead, UTC; `kept` whether a server had accepted before."""

    step: str
    channel: Channel
    kind: Kind
    refs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """One message that a server accepted. `identity` is its Message-ID, or what a card is about."""

    at: datetime
    identity: str
    marked: bool


@dataclass
class Cell:
    """What was seen of one step, channel and database."""

    kills: int = 0
    lost: int = 0
    duplicates: int = 0
    most_per_kill: int = 0
    slowest: float = 0.0  # seconds from the kill until the message was accepted (again)


@dataclass
class Told:
    """What became of everything in one world."""

    cells: dict[tuple[str, Channel], Cell] = field(default_factory=dict)
    lost: int = 0
    unexpected: int = 0
    duplicates_elsewhere: int = 0
    changed_identity: int = 0
    unmarked: int = 0
    not_sent: int = 0
    unaccounted: int = 0


def copies_of(world: World) -> Mapping[str, list[Copy]]:
    """Return what was accepted about each case, oldest first; "" holds what is about none of ours."""
    found: dict[str, list[Copy]] = {"": []}
    for caught in reversed(world.stage.around.mailbox.list(limit=1_000_000)):
        if caught.kind == "mail":
            headers = _HEADERS.parsebytes(caught.raw.partition(b"\r\n\r\n")[0])
            copy = Copy(caught.received_at, str(headers["Message-ID"]).strip(), MARK in headers)
        else:
            copy = Copy(caught.received_at, " ".join(caught.refs), NOTE in caught.raw.decode())
        known = [ref for ref in caught.refs if ref in world.refs]
        for ref in known or [""]:
            found.setdefault(ref, []).append(copy)
    return found


def tell(world: World, kills: Sequence[Kill]) -> Told:
    """Compare the cases that were opened, and the victims among them, with what was accepted."""
    copies, told = copies_of(world), Told()
    told.lost = sum(ref not in copies for ref in world.refs)
    told.unexpected = len(copies[""]) + _foreign_identities(world, copies)
    killed = {ref: kill for kill in kills for ref in kill.refs}
    for kill in kills:
        _add(told.cells.setdefault((kill.step, kill.channel), Cell()), kill, copies)
    for ref in world.refs:
        _look_at(told, killed.get(ref), copies.get(ref, []))
    told.not_sent = _not_sent(world)
    told.unaccounted = prove(world.stage.engine, world.stage.region.now()).total
    return told


def _add(cell: Cell, kill: Kill, copies: Mapping[str, list[Copy]]) -> None:
    cell.kills += 1
    further = 0
    for ref in kill.refs:
        here = copies.get(ref, [])
        further += max(0, len(here) - 1)
        cell.lost += not here
        if here and here[-1].at > kill.at:
            cell.slowest = max(cell.slowest, (here[-1].at - kill.at).total_seconds())
    cell.duplicates += further
    cell.most_per_kill = max(cell.most_per_kill, further)


def _look_at(told: Told, kill: Kill | None, here: Sequence[Copy]) -> None:
    if len(here) > 1 and (kill is None or kill.step not in ("K5", "K6")):
        told.duplicates_elsewhere += len(here) - 1
    told.changed_identity += len({copy.identity for copy in here}) > 1
    told.unmarked += sum(not copy.marked for copy in here[1:])


def _foreign_identities(world: World, copies: Mapping[str, list[Copy]]) -> int:
    """Return how many mails carry a Message-ID of no row of the outbox."""
    assert world.stage.engine.email is not None
    settings = world.stage.engine.email.settings
    with world.stage.engine.database.read() as connection:
        known = {message_id(key, settings) for key in connection.execute(select(outbox.c.key)).scalars()}
    mails = [copy for ref, here in copies.items() if world.refs.get(ref) == "email" for copy in here]
    return sum(copy.identity not in known for copy in mails)


def _not_sent(world: World) -> int:
    """Return how many cases have another number of messages than one that was sent."""
    with world.stage.engine.database.read() as connection:
        query = select(case.c.ref).join(outbox, outbox.c.case_id == case.c.id).where(outbox.c.outcome == "sent")
        sent = list(connection.execute(query).scalars())
    return len(sent) - len(set(sent)) + len(world.refs.keys() - set(sent))
