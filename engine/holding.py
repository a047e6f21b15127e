"""Waiting for a human: a house restored from a backup, and what piled up while no postman went for more than a day.

Both could tell many people things that are old or that they know. Nothing is lost by waiting: messages stay queued, and
one that is no longer wanted when it is released is dropped as always (docs/adr/0010-under-fire.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, select

from access.actors import Actor
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.digests import skip_todays_digests
from engine.outcomes import alarm_about
from engine.parts import Engine
from engine.unsent import take_back
from notifications.messages import Reason as Said
from storage import cases, holding
from storage.holding import AWAKENING, HOLD, PULSE, HeldGroup
from storage.tables import deadline
from storage.ticks import write_setting
from workflows.ladders import Outcome, Reason

log = structlog.get_logger(__name__)

LONG_SILENCE = timedelta(days=1)
PULSE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a house on hold would do. `since` is the instant of the backup, UTC; None when it is not on hold."""

    since: datetime | None
    ladders: int  # with a step that is due
    messages: tuple[HeldGroup, ...]  # that are due


def may_leave(engine: Engine, now: datetime) -> bool:
    """Say whether messages may leave at `now`, and keep the pulse by which a long silence is known."""
    with engine.database.read() as connection:
        known = holding.marks(connection)
    if HOLD in known:
        log.warning("house_on_hold")
        return False
    if AWAKENING not in known and not _slept(engine, known, now):
        if engine.hold_backlog and _is_stale(known, now):
            with engine.database.write() as connection:
                write_setting(connection, PULSE, now.isoformat())
        return True
    with engine.database.write() as connection:
        return _decide(engine, connection, now)


def _slept(engine: Engine, known: Mapping[str, Any], now: datetime) -> bool:
    return bool(engine.hold_backlog) and PULSE in known and now - _instant(known[PULSE]) > LONG_SILENCE


def _is_stale(known: Mapping[str, Any], now: datetime) -> bool:
    return PULSE not in known or abs(now - _instant(known[PULSE])) >= PULSE_EVERY


def _decide(engine: Engine, connection: Connection, now: datetime) -> bool:
    """Once everything that came due in the silence is swept, hold it if it is much; say whether the post may go on."""
    pulse = holding.lock_mark(connection, PULSE)
    woke = holding.lock_mark(connection, AWAKENING)
    if woke is None:
        if pulse is None or now - _instant(pulse) <= LONG_SILENCE:
            return True  # another postman has decided meanwhile
        woke = {"since": pulse, "at": now.isoformat(), "keep": engine.hold_backlog, "uncertain": False}
        write_setting(connection, AWAKENING, woke)
    if holding.is_unswept(connection, _instant(woke["at"])):
        return False
    since = _instant(woke["since"])
    number = holding.count_backlog(connection, now, since)
    if number > woke["keep"]:
        log.warning("backlog_held", messages=number, since=since.isoformat())
        holding.hold_backlog(connection, now, since, uncertain=bool(woke["uncertain"]))
        _alarm(engine, connection, now)
    holding.erase_mark(connection, AWAKENING)
    write_setting(connection, PULSE, now.isoformat())
    return True


def _alarm(engine: Engine, connection: Connection, now: datetime) -> None:
    message = holding.one_held_with_a_case(connection)
    case = cases.find_case_by_id(connection, message.case_id) if message else None
    if message is None or case is None:
        return  # digests alone; `doctor` tells of them
    watched = connection.execute(select(deadline).where(deadline.c.id == message.deadline_id)).first()
    alarm_about(engine, connection, case, watched, message, Said.BACKLOG_HELD, now)


def held_messages(engine: Engine, actor: Actor) -> list[HeldGroup]:
    """Return what waits for a decision; raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        return holding.held_groups(connection)


def release_held(engine: Engine, actor: Actor) -> int:
    """Let what was held leave, as far as it is still wanted; return how many there are. Raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.write() as connection:
        number = holding.let_go(connection)
    engine.nudge()
    return number


def drop_held(engine: Engine, actor: Actor, now: datetime) -> int:
    """Settle what was held without sending it; the ledger says that it was decided. Raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    number = 0
    while True:
        with engine.database.write() as connection:
            rows = holding.lock_held(connection)
            for row in rows:
                take_back(connection, row, Outcome.SUPPRESSED, Reason.DROPPED, now)
        if not rows:
            return number
        number += len(rows)


def preview(engine: Engine, actor: Actor, now: datetime) -> Preview:
    """Return what would be decided and sent if the house were released; raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        hold = holding.marks(connection).get(HOLD)
        ladders, due = holding.count_unswept(connection, now), tuple(holding.due_by_kind(connection, now))
    return Preview(_instant(hold["since"]) if hold else None, ladders, due)


def put_on_hold(connection: Connection, since: datetime, now: datetime) -> None:
    """Let nothing be decided or sent until `release_hold`; `since` is the instant of the backup, UTC."""
    before = holding.marks(connection).get(HOLD)  # a backup of a house that was on hold itself
    oldest = min(since, _instant(before["since"])) if before else since
    write_setting(connection, HOLD, {"since": oldest.astimezone(UTC).isoformat(), "at": now.isoformat()})


def release_hold(engine: Engine, actor: Actor, now: datetime) -> bool:
    """Let a restored house live again; say whether it was on hold. Raises `NotAllowedError`.

    What came due up to now may have been sent by the house that was lost: it is swept, and then held as uncertain, so
    that nothing is sent twice unless somebody decides so.
    """
    authorise_anywhere(actor, Action.RUN)
    with engine.database.write() as connection:
        hold = holding.lock_mark(connection, HOLD)
        if hold is None:
            return False
        woke = {"since": hold["since"], "at": now.isoformat(), "keep": 0, "uncertain": True}
        write_setting(connection, AWAKENING, woke)
        holding.erase_mark(connection, HOLD)
        skip_todays_digests(connection, now)
    return True


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
