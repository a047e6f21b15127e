"""Writing down what became of a post while the postman already offers the next one to the mail server."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self


class Clerk:
    """Writes about one post at a time.

    Whoever asks `has_written` before the next mail leaves can be killed at any moment: of at most one message it is
    then unknown that it was accepted, so at most one is sent twice (facts/trust.md T1).
    """

    def __init__(self, *, beside: bool) -> None:
        """Write in a thread of its own (`beside`), or before `write` returns."""
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="clerk") if beside else None
        self._under_way: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._desk is not None:
            self._desk.shutdown()
        if error is None:
            self.wait()

    def write(self, work: Callable[[], None]) -> None:
        """Begin with a piece of work when the one before is done; raises what that one raised."""
        self.wait()
        if self._desk is None:
            work()
        else:
            self._under_way = self._desk.submit(work)

    def wait(self) -> None:
        """Return when everything is written; raises what the work raised, once."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def has_written(self) -> bool:
        """Wait, and say whether it went well; what it raised is kept for `wait`."""
        return self._under_way is None or self._under_way.exception() is None
