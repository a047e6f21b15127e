"""A ping to somebody outside, for as long as nothing waits too long: when it stops coming, they raise the alarm.

Whoever watches from inside falls silent together with what it watches (facts/notifications.md §3).
"""

import logging
import ssl
import time
from datetime import datetime
from pathlib import Path

import httpx

from engine.metrics import keeps_up
from engine.parts import Engine

_LOG = logging.getLogger(__name__)

EVERY = 60.0  # seconds between pings of one process
PATIENCE = 5.0  # seconds; what is not heard by then is not repeated


class Deadman:
    """Pings an address after a sweep if nothing due is old.

    Args of the constructor:
        engine: whose database is looked at.
        url: an https address; empty: nobody is pinged.
        cafile: authorities to trust instead of the system's own.
        every: seconds between pings.
    """

    def __init__(self, engine: Engine, url: str, cafile: Path | None = None, every: float = EVERY) -> None:
        self._engine = engine
        self._url = url
        self._cafile = cafile
        self._every = every
        self._last = -every

    def ping(self, now: datetime) -> bool:
        """Say that all is well at `now` (UTC) if it is; return whether that was heard. Never raises."""
        began = time.monotonic()
        if not self._url or began - self._last < self._every:
            return False
        self._last = began
        try:
            with self._engine.database.read() as connection:
                well = keeps_up(connection, now)
            return well and self._heard()
        except Exception as error:  # noqa: BLE001 - the sweep is done; silence is what tells the other side
            _LOG.warning("the dead man's switch was not reached: %s", type(error).__name__)
            return False

    def _heard(self) -> bool:
        trusted = ssl.create_default_context(cafile=str(self._cafile) if self._cafile else None)
        return httpx.get(self._url, timeout=PATIENCE, verify=trusted, follow_redirects=False).is_success
