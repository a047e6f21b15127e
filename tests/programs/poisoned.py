"""Bevaka with messages that harm whoever sends them: `POISON` names a file of `{outbox key: kind of poison}`.

As a program it is the command line, `SHIFT_SECONDS` ahead like `shifted`, with tasks that may last `TIME_LIMIT`
seconds; `deliver_poisoned` is the job of a crew (tests/programs/crew.py). `LEASE_SECONDS` makes leases shorter.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from notifications.channels import clock
from notifications.outcomes import at_once
from storage import shared_clock

ROOM = 4 << 30  # bytes of address space, of which some hundred million are in use
FAULT = 11  # what a segmentation fault sends


class TastesBadError(Exception):
    """What a library might raise."""


def shifted() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def ahead(honest: Callable[[Connection], datetime]) -> Callable[[Connection], datetime]:
    """Return the database's clock as far ahead as ours."""
    return lambda connection: honest(connection) + timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def _raise() -> None:
    raise TastesBadError


def _die(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _eat() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, resource.RLIM_INFINITY))
    bytearray(ROOM)


POISONS: Mapping[str, Callable[[], None]] = {
    "raises": _raise,
    "segfaults": _die(FAULT),
    "is killed for its memory": _die(signal.SIGKILL),
    "runs out of memory": _eat,
    "sleeps": lambda: time.sleep(3600),
}


def serve_poison() -> None:
    """Let the email channel choke on the messages of the file."""
    from engine import leases  # noqa: PLC0415 - after the clock is set
    from notifications.channels.email.transport import EmailSession  # noqa: PLC0415

    poisons: Mapping[str, str] = json.loads(Path(os.environ["POISON"]).read_text(encoding="utf-8"))
    honest = EmailSession.send
    if lease := os.environ.get("LEASE_SECONDS"):
        leases.LEASE = timedelta(seconds=float(lease))

    def send(
        self: EmailSession, key: str, to: Any, message: Any, ready: Callable[[], bool] = at_once, **more: Any
    ) -> Any:
        def choke() -> bool:
            """Do harm where the mail is rendered."""
            if not ready():
                return False
            if key in poisons:
                POISONS[poisons[key]]()
            return True

        return honest(self, key, to, message, ready=choke, **more)

    EmailSession.send = send  # type: ignore[method-assign]


def deliver_poisoned(member: int) -> None:
    """Deliver as postmen do, poison and all."""
    from tests.programs.postmen import deliver_until_the_end  # noqa: PLC0415

    serve_poison()
    deliver_until_the_end(member)


if __name__ == "__main__":
    clock.utc_now = shifted
    shared_clock.database_time = ahead(shared_clock.database_time)  # type: ignore[assignment]
    from bevaka.__main__ import run
    from tasks.app import app

    limit = float(os.environ["TIME_LIMIT"])
    app.conf.update(task_time_limit=limit, task_soft_time_limit=limit / 2)
    serve_poison()
    sys.exit(run(sys.argv[1:]))
