"""An engine that sees a few cases alone, so that a victim is killed over these and no others; and the way it dies."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from bevaka.wiring import build_engine
from config.settings import read_settings
from engine import delivering, leases
from engine.parts import Engine, stay_asleep
from engine.sweeping import sweep
from notifications.channels.clock import utc_now
from storage import outbox, sweeps
from storage.tables import case, deadline
from storage.tables import outbox as messages
from tasks.app import app

PATIENCE = 60  # seconds a victim may take to die
DUE_BATCH = 1000
FOUND: list[Any] = []  # the ladders of ours that a sweep has found
WARM: list[Engine] = []  # of the parent: its programmes are compiled, its statements known


def die(*_given: object, **_more: object) -> Any:
    """Be killed, here and now."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def warm_up(*programmes: str) -> None:
    """Do once, before anything is due, what would cost every victim a second."""
    engine = build_engine(read_settings())
    with engine.database.read() as connection:
        for programme in programmes:
            engine.rulebook.newest(connection, programme, utc_now())
    sweep(engine, utc_now())
    send(engine)
    app.loader.import_default_modules()
    engine.database.close()
    WARM.append(engine)


def begin(refs: Sequence[str], nudge: Callable[[], Any] = stay_asleep) -> Engine:
    """Return an engine that sees only these cases as due or waiting."""
    signal.alarm(PATIENCE)
    if seconds := os.environ.get("LEASE_SECONDS"):
        leases.LEASE = timedelta(seconds=float(seconds))
    cold, warm = build_engine(read_settings(), nudge=nudge), WARM[0]
    engine = replace(cold, database=warm.database, rulebook=warm.rulebook)
    _keep_to(engine, refs)
    return engine


def _keep_to(engine: Engine, refs: Sequence[str]) -> None:
    with engine.database.read() as connection:
        own = set(connection.execute(select(case.c.id).where(case.c.ref.in_(refs))).scalars())
    lock_waiting, claim_due = outbox.lock_waiting, sweeps.claim_due

    def own_messages(connection: Any, now: Any, _limit: int, *more: Any) -> list[Any]:
        return [row for row in lock_waiting(connection, now, DUE_BATCH, *more) if row.case_id in own]

    def own_ladders(connection: Any, now: Any, limit: int) -> list[Any]:
        found = [kept for due in claim_due(connection, now, DUE_BATCH) if (kept := _only(due, own, limit)).ids]
        FOUND.extend(found)
        return found

    vars(outbox).update(lock_waiting=own_messages)
    vars(sweeps).update(claim_due=own_ladders)


def _only(due: sweeps.Due, own: set[int], limit: int) -> sweeps.Due:
    """Return of deadlines found those of its own cases."""
    kept = [(row, case_id) for row, case_id in zip(due.ids, due.case_ids, strict=True) if case_id in own][:limit]
    return replace(due, ids=[row for row, _ in kept], case_ids=[case_id for _, case_id in kept])


def fall_due(engine: Engine, refs: Sequence[str]) -> None:
    """Let the first steps of cases that were opened asleep be due."""
    with engine.database.write() as connection:
        make_due(connection, refs)


def make_due(connection: Connection, refs: Sequence[str]) -> None:
    """Let them be due from this transaction's commit on."""
    own = select(case.c.id).where(case.c.ref.in_(refs)).scalar_subquery()
    first = update(deadline).where(deadline.c.case_id.in_(own), deadline.c.next_rung == 0)
    connection.execute(first.values(next_at=utc_now()))


def sweep_own(engine: Engine, refs: Sequence[str], limit: int = DUE_BATCH) -> None:
    """Let cases fall due and sweep them at once, before anybody else does."""
    fall_due(engine, refs)
    sweep(engine, utc_now(), limit)


def swept(refs: Sequence[str]) -> Engine:
    """Queue what falls due for these cases, and return the engine."""
    engine = begin(refs)
    sweep_own(engine, refs)
    return engine


def send(engine: Engine) -> None:
    """Send what waits."""
    delivering.deliver(engine, utc_now(), clock=utc_now)


def are(engine: Engine, refs: Sequence[str], state: str, attempts: int) -> bool:
    """Say whether the message of each case stands so."""
    query = select(messages.c.state, messages.c.attempts).join(case, case.c.id == messages.c.case_id)
    with engine.database.read() as connection:
        found = connection.execute(query.where(case.c.ref.in_(refs))).all()
    return [tuple(row) for row in found] == [(state, attempts)] * len(refs)
