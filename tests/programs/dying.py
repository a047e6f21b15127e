"""The ten steps of a message's way at which a process is killed (facts/trust.md T1), each on Bevaka's own functions.

K1 before the commit that queues it, K2 after that commit and before the wake-up call, K3 the call is taken by a worker
and nothing is claimed, K4 claimed, K5 the mail server or Teams has it all and has not answered, K6 the answer is read
and not recorded, K7 recorded and the call not acknowledged, K8 waiting to be tried again, K9 in the middle of a sweep,
K10 the clock has taken a tick and called nobody.
"""

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import signals
from sqlalchemy import Connection, event

from config.settings import read_settings
from engine import delivering, outcomes, sending
from engine.parcels import Parcel
from notifications.channels.clock import utc_now
from storage import outbox, sweeps, ticks
from tasks import delivering as delivering_task
from tasks import schedule
from tests.programs.own_work import FOUND, are, begin, die, make_due, send, sweep_own, swept
from tests.programs.woken import redeliver, work

MISSED = 4  # the exit status of one that found its work done by somebody else


def before_commit(refs: Sequence[str]) -> None:
    """K1."""
    engine = begin(refs)
    event.listen(engine.database.engine, "commit", lambda _connection: die() if FOUND else None)
    sweep_own(engine, refs)


def before_calling(refs: Sequence[str]) -> None:
    """K2."""
    sweep_own(begin(refs, nudge=die), refs)


def before_claiming(refs: Sequence[str]) -> None:
    """K3. The message is queued only when a worker has taken the call, so that nobody else is quicker."""
    engine = begin(refs)

    def queue_and_die(*_given: Any, **_more: Any) -> None:
        sweep_own(engine, refs)
        die() if are(engine, refs, outbox.QUEUED, attempts=0) else os._exit(MISSED)

    vars(delivering_task).update(deliver=queue_and_die)
    work(engine)


def claimed(refs: Sequence[str]) -> None:
    """K4."""
    engine, honest = swept(refs), sending.send_all
    vars(delivering).update(send_all=lambda e, parcels, *more: die() if parcels else honest(e, parcels, *more))
    send(engine)


def before_the_answer(refs: Sequence[str]) -> None:
    """K5: the server kills it, once it knows who it is."""
    engine = swept(refs)

    def send_as_oneself(given: Any, parcels: Sequence[Parcel], *more: Any) -> Any:
        for ref in refs if parcels else ():
            Path(read_settings().data_dir, f"{ref}.pid").write_text(str(os.getpid()), encoding="ascii")
        return sending.send_all(given, parcels, *more)

    vars(delivering).update(send_all=send_as_oneself)
    send(engine)


def before_recording(refs: Sequence[str]) -> None:
    """K6."""
    engine, honest = swept(refs), sending.send

    def send_and_die(*given: Any) -> None:
        honest(*given)
        die()

    vars(sending).update(send=send_and_die)
    send(engine)


def before_acknowledging(refs: Sequence[str]) -> None:
    """K7."""
    engine, sent = begin(refs), list[Any]()

    def queue_and_send(*given: Any, **more: Any) -> Any:
        sweep_own(engine, refs)
        return delivering.deliver(*given, **more)

    def record(*given: Any) -> bool:
        sent.append(given)
        return outcomes.record(*given)

    vars(delivering_task).update(deliver=queue_and_send)
    vars(sending).update(record=record)
    signals.task_postrun.connect(lambda **_: die() if sent else os._exit(MISSED), weak=False)
    work(engine)


def waiting_to_try_again(refs: Sequence[str]) -> None:
    """K8."""
    engine = swept(refs)
    send(engine)
    if are(engine, refs, outbox.QUEUED, attempts=1):
        die()


def sweeping(refs: Sequence[str]) -> None:
    """K9: of two ladders the first is committed; the second is locked and decided, and nothing of it is written."""
    engine, honest, done = begin(refs), sweeps.write_moves, list[Any]()

    def write_once(*given: Any) -> set[int]:
        moves = given[1]
        if moves and done:
            die()
        done.extend(moves)
        return honest(*given)

    vars(sweeps).update(write_moves=write_once)
    sweep_own(engine, refs, limit=1)


def ticking(refs: Sequence[str]) -> None:
    """K10: its cases fall due with the tick it takes: no clock that goes all along can find them before it dies."""
    engine, honest = begin(refs), ticks.take_tick
    clockwork = schedule.Clockwork(engine, utc_now, every=1)  # every second, so that there is a tick for it soon

    def take_tick(connection: Connection, name: str, at: datetime) -> bool:
        taken = honest(connection, name, at)
        if taken:
            make_due(connection, refs)
        return taken

    vars(schedule).update(call=die, take_tick=take_tick)
    while True:
        clockwork.tick()
        time.sleep(0.02)


DEATHS: dict[str, Callable[[Sequence[str]], None]] = {
    "K1": before_commit,
    "K2": before_calling,
    "K3": before_claiming,
    "K4": claimed,
    "K5": before_the_answer,
    "K6": before_recording,
    "K7": before_acknowledging,
    "K8": waiting_to_try_again,
    "K9": sweeping,
    "K10": ticking,
    "redeliver": redeliver,
}
