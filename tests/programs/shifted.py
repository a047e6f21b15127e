"""The command line with a clock that is `SHIFT_SECONDS` ahead: messages leave in working hours, tests run whenever."""

import os
import sys
from datetime import UTC, datetime, timedelta

from notifications.channels import clock

SHIFT = timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def shifted() -> datetime:
    return datetime.now(UTC) + SHIFT


clock.utc_now = shifted

from bevaka.__main__ import run  # noqa: E402 - whoever imports the clock from now on gets this one

sys.exit(run(sys.argv[1:]))
