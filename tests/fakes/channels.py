"""Channels that send nothing and remember everything. Held to the same conformance tests as the real ones."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from notifications.channels.teams import TeamsSettings
from notifications.channels.teams.card import build_card
from notifications.messages import Message
from notifications.outcomes import Accepted, DeliveryFailed, WithheldError, at_once
from notifications.recipients import Mailbox, TeamsConnection
from notifications.render import render


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that the fake accepted."""

    key: str
    to: Mailbox | TeamsConnection
    message: Message
    uncertain: bool


class _Script:
    """What was accepted so far, and the failures still to come."""

    def __init__(self, failures: Iterable[DeliveryFailed | None]) -> None:
        self.sent: list[Sent] = []
        self._failures = deque(failures)
        self._lock = Lock()

    def fail_next(self, *failures: DeliveryFailed | None) -> None:
        """Fail the next attempts like this; None lets one through."""
        self._failures.extend(failures)

    def _attempt(self, sent: Sent, code: str) -> Accepted:
        with self._lock:
            failure = self._failures.popleft() if self._failures else None
            if failure is None:
                self.sent.append(sent)
        if failure is not None:
            raise failure
        return Accepted(code, may_be_duplicate=sent.uncertain)


class FakeEmailChannel(_Script):
    """Stands in for `EmailChannel`."""

    def __init__(self, failures: Iterable[DeliveryFailed | None] = ()) -> None:
        super().__init__(failures)

    def open(self) -> "FakeEmailSession":
        return FakeEmailSession(self)


class FakeEmailSession:
    """Stands in for `EmailSession`."""

    def __init__(self, channel: FakeEmailChannel) -> None:
        self._channel = channel
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True

    def send(
        self,
        key: str,
        to: Mailbox,
        message: Message,
        *,
        uncertain: bool = False,
        ready: Callable[[], bool] = at_once,
    ) -> Accepted:
        if self._closed:
            raise RuntimeError("the session is closed")
        if not ready():
            raise WithheldError
        render(message, to.language, uncertain=uncertain)
        return self._channel._attempt(Sent(key, to, message, uncertain), "250")


class FakeTeamsChannel(_Script):
    """Stands in for `TeamsChannel`."""

    def __init__(self, failures: Iterable[DeliveryFailed | None] = ()) -> None:
        super().__init__(failures)
        self.settings = TeamsSettings()

    def send(self, key: str, to: TeamsConnection, message: Message, *, uncertain: bool = False) -> Accepted:
        build_card(message, to.language, uncertain=uncertain)
        return self._attempt(Sent(key, to, message, uncertain), "202")
