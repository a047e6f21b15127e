"""The command line with clocks that are `SHIFT_SECONDS` ahead: messages leave in working hours, tests run whenever."""

import os
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from notifications.channels import clock
from storage import shared_clock

SHIFT = timedelta(seconds=float(os.environ["SHIFT_SECONDS"]))


def shifted() -> datetime:
    return datetime.now(UTC) + SHIFT


honest = shared_clock.database_time


def database_shifted(connection: Connection) -> datetime:
    return honest(connection) + SHIFT


clock.utc_now = shifted
shared_clock.database_time = database_shifted

from bevaka.__main__ import run  # noqa: E402 - whoever imports the clock from now on gets this one

sys.exit(run(sys.argv[1:]))
