"""A crew of small processes that load the libraries once: `crew JOB NUMBER`. Whoever is killed is begun anew.

JOB is `module:function`; the function gets the member's number (from 0) and is done when it returns. Each beginning is
told as `begun NUMBER PID`, each end as `ended NUMBER PID STATUS`. Like `shifted`, it lives `SHIFT_SECONDS` ahead.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

from notifications.channels import clock

SHIFT = timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))

Job = Callable[[int], None]


def shifted() -> datetime:
    return datetime.now(UTC) + SHIFT


clock.utc_now = shifted


def main(name: str, number: int) -> None:
    """Begin the members, and begin anew those that are killed, until all are done."""
    module, _, function = name.partition(":")
    job: Job = getattr(import_module(module), function)
    members = {_begin(job, member): member for member in range(number)}
    while members:
        pid, ended = os.wait()
        member, status = members.pop(pid), os.waitstatus_to_exitcode(ended)
        _tell(f"ended {member} {pid} {status}")
        if status < 0:
            members[_begin(job, member)] = member
        elif status:
            sys.exit(f"member {member} failed by itself")


def _begin(job: Job, member: int) -> int:
    pid = os.fork()
    if pid == 0:
        _live(job, member)
    _tell(f"begun {member} {pid}")
    return pid


def _live(job: Job, member: int) -> None:
    status = 1
    try:
        job(member)
        status = 0
    except BaseException:  # noqa: BLE001 - as the interpreter would
        import traceback  # noqa: PLC0415

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
