"""Processes that die where they are told to: `python -m tests.programs.victims PROGRAMME …`, orders on standard input.

An order is one line of JSON: `{"step": "K4", "refs": ["BV-…"], "environment": {…}}`. A fork of this process, which has
loaded everything once, opens Bevaka's real database and does the real work for these cases alone, until it is killed at
the step (by itself, or by the server it speaks to, which finds its process id in `REF.pid`). It answers
`STATUS INSTANT`. Like `shifted`, it lives `SHIFT_SECONDS` ahead.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.channels import clock

SHIFT = timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def shifted() -> datetime:
    return datetime.now(UTC) + SHIFT


clock.utc_now = shifted

from tests.programs.dying import DEATHS, MISSED  # noqa: E402 - whoever imports the clock from now on gets this one
from tests.programs.own_work import warm_up  # noqa: E402


def main() -> None:
    """Do the orders one after the other; the arguments are the programmes that there are."""
    warm_up(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _die(order)
        _, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)} {datetime.now(UTC).isoformat()}\n")
        sys.stdout.flush()


def _die(order: dict[str, Any]) -> None:
    os.environ.update(order["environment"])
    try:
        DEATHS[order["step"]](order["refs"])
    except BaseException:  # noqa: BLE001 - as the interpreter would
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        os._exit(1)
    os._exit(MISSED)


if __name__ == "__main__":
    main()
