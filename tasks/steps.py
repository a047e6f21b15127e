"""Notices that the computer's clock has been set back, by the monotonic clock, which nobody sets (trial T9)."""

import time
from collections.abc import Callable
from threading import Event, Thread

LOOK_EVERY = 1.0  # seconds
STEP = 1.0  # seconds back that nobody need notice


class Steps:
    """Watches in a thread of its own.

    Args of the constructor:
        set_back: called after each step back; must not raise.
        clock, monotonic: the computer's clocks, in seconds.
    """

    def __init__(
        self,
        set_back: Callable[[], None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._set_back = set_back
        self._clock = clock
        self._monotonic = monotonic
        self._ahead = clock() - monotonic()
        self._over = Event()
        self._thread = Thread(target=self._run, name="steps", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()

    def look(self) -> bool:
        """Say whether the clock has been set back since the last look; then `set_back` has been called."""
        before, self._ahead = self._ahead, self._clock() - self._monotonic()
        stepped = self._ahead < before - STEP
        if stepped:
            self._set_back()
        return stepped

    def _run(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.look()
