"""The email channel: each worker thread opens its own session and sends a batch over one connection."""

from collections.abc import Callable
from ssl import SSLContext
from types import TracebackType
from typing import Self

from notifications.channels import sockets
from notifications.channels.clock import Clock, utc_now
from notifications.channels.email.conversation import Conversation
from notifications.channels.email.envelope import build_email
from notifications.channels.email.settings import SmtpSettings
from notifications.channels.sockets import Allowance
from notifications.messages import Message
from notifications.outcomes import Accepted, DeliveryFailed, WithheldError, at_once
from notifications.recipients import Mailbox


class EmailChannel:
    """Email through one server. Holds no connection, so threads may share it."""

    def __init__(self, settings: SmtpSettings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self._clock = clock
        self._context = sockets.verifying_context(settings.cafile)

    def open(self) -> "EmailSession":
        """A session to use in a ``with`` block, by one thread."""
        return EmailSession(self.settings, self._context, self._clock)


class EmailSession:
    """Sends over one connection, made at the first message and made anew when it has died."""

    def __init__(self, settings: SmtpSettings, context: SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._context = context
        self._clock = clock
        self._conversation: Conversation | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        if self._conversation is not None:
            self._conversation.take_leave()
            self._conversation = None

    def send(
        self,
        key: str,
        to: Mailbox,
        message: Message,
        *,
        uncertain: bool = False,
        ready: Callable[[], bool] = at_once,
    ) -> Accepted:
        """Send one message to one mailbox, within the settings' total time.

        Args:
            key: The outbox key. The Message-ID follows from it, so a retry is the same message.
            to: The recipient.
            message: What to say.
            uncertain: An earlier attempt ended with ``unknown_outcome``; the mail and the result say so.
            ready: Asked when the server waits for the mail, before it is even rendered; what must be finished first
                has so long been under way beside the round trips. False withholds the mail.

        Raises:
            DeliveryFailed: The server did not, or may not have, accepted it.
            WithheldError: ``ready`` said no; nothing of the mail has left.
        """
        if self._closed:
            raise RuntimeError("the session is closed")

        def rendered() -> bytes:
            if not ready():
                raise WithheldError
            return build_email(key, to, message, self._settings, self._clock(), uncertain=uncertain)

        code = self._deliver(to.address, rendered)
        return Accepted(code, may_be_duplicate=uncertain)

    def _deliver(self, recipient: str, rendered: Callable[[], bytes]) -> str:
        conversation = self._ready()
        try:
            conversation.offer(recipient)
            return conversation.deliver(rendered())
        except DeliveryFailed as failure:
            if not failure.code.startswith("smtp_") or failure.code == "smtp_421":
                self._drop()
            raise
        except BaseException:
            self._drop()
            raise

    def _ready(self) -> Conversation:
        allowance = Allowance(self._settings.timeout, self._settings.total_timeout)
        if self._conversation is not None and not self._conversation.is_alive(allowance):
            self._drop()
        if self._conversation is None:
            self._conversation = Conversation(self._settings, self._context, allowance)
        return self._conversation

    def _drop(self) -> None:
        if self._conversation is not None:
            self._conversation.hang_up()
            self._conversation = None
