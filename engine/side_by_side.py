"""Threads that go home together: one that has nothing to do looks again while another is still at it."""

from collections.abc import Callable
from threading import Condition
from types import TracebackType
from typing import Self

from engine.delivered import Delivered

LOOK_AGAIN = 0.1  # seconds; a message of a channel that works waits no longer for one that hangs


class Company:
    """As many threads as `number`. Leaving the block sends everybody home after what they have in hand."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._idle = 0
        self._over = False
        self._changed = Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def work(self, round_of: Callable[[], Delivered], total: Delivered) -> Delivered:
        """Do rounds until neither this thread nor any other finds something to do; return the sum."""
        try:
            while not self._over:
                done = round_of()
                total += done
                if done.handled == 0 and self._all_rest():
                    break
        except BaseException:
            self._end()
            raise
        return total

    def _all_rest(self) -> bool:
        """Rest for a moment; say whether everybody does."""
        with self._changed:
            self._idle += 1
            if self._idle >= self._number:
                self._over = True
                self._changed.notify_all()
                return True
            self._changed.wait(LOOK_AGAIN)
            if not self._over:
                self._idle -= 1
            return self._over

    def _end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
