"""What became of one attempt to send, and when to try again (facts/notifications.md §1–2)."""

from dataclasses import dataclass
from datetime import timedelta

from workflows.errors import BevakaError


@dataclass(frozen=True, slots=True)
class Accepted:
    """The next system took the message. It does not say that a person saw it.

    ``may_be_duplicate`` is set when an earlier attempt ended in the unknown.
    """

    detail: str
    may_be_duplicate: bool = False


class DeliveryFailed(BevakaError):  # noqa: N818 - the word of the ledger
    """An attempt failed. Carries mapped facts only: a server's own words may hold addresses or secrets.

    Attributes:
        code: A short word such as ``smtp_550``, ``smtp_tls_missing``, ``http_429``, ``connect``.
        permanent: Trying the same message again on this channel is pointless.
        retry_after: How long the other side asked us to wait, if it did.
        unknown_outcome: The message may have been accepted; the next attempt is ``uncertain``.
        channel_broken: The fault is the channel's, not the message's; after HTTP 401, 403, 404 or 410 only a
            suspicion, which three in a row confirm.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        unknown_outcome: bool = False,
        channel_broken: bool = False,
    ) -> None:
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.unknown_outcome = unknown_outcome
        self.channel_broken = channel_broken
        super().__init__(f"Delivery failed: {code}.")


class WithheldError(BevakaError):
    """Whoever was to send a message was told not to, before a byte of it had left."""

    def __init__(self) -> None:
        super().__init__("The message was withheld before a byte of it left.")


def at_once() -> bool:
    """Let a message leave as soon as the other side takes it."""
    return True


_UNREACHABLE = frozenset({"connect", "timeout", "disconnect", "timeout_after_data", "disconnect_after_data",
                          "tls_failed", "smtp_421", "smtp_auth", "smtp_tls_missing", "smtp_tls_untrusted", "http_408",
                          "http_tls_untrusted"})  # fmt: skip


def blames_the_channel(failure: DeliveryFailed) -> bool:
    """Say whether an attempt failed because the other side is not there: the next message would fare no better."""
    return failure.code in _UNREACHABLE or failure.code.startswith("http_5")


# Seconds to wait after attempt 1, 2, 3 …; the budget is spent when the row ends. After pretix's mail task.
_BUSY = (10, 30, 60, 300, 900)
_REFUSED_FOR_NOW = (60, 300, 600, 1200, 1800)
_OUTAGE = (10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 14_400)
_SUSPECT = (60, 300)

_SCATTERED_ATTEMPTS = 12
_SCATTER_SECONDS = 1800
_JITTER_SHARE = 0.25

_BUSY_CODES = frozenset({"smtp_421", "smtp_422", "smtp_431", "smtp_442", "smtp_447", "smtp_452"})
_SUSPECT_CODES = frozenset({"http_401", "http_403", "http_404", "http_410"})
# A broken login or certificate is an outage too: the messages are fine, and somebody will mend it.
_OUTAGE_CODES = frozenset({"connect", "timeout", "disconnect", "timeout_after_data", "disconnect_after_data",
                           "tls_failed", "protocol", "http_408", "http_412", "http_429", "smtp_auth",
                           "smtp_tls_missing", "smtp_tls_untrusted", "http_tls_untrusted",
                           "address_forbidden"})  # fmt: skip


def backoff(code: str, attempt: int, jitter: float) -> timedelta | None:
    """How long to wait before trying again, or None when the budget is spent.

    Args:
        code: The code of the `DeliveryFailed`.
        attempt: How many attempts have been made, so 1 after the first failure.
        jitter: A random number from 0 up to 1; spreads retries so they do not arrive together.
    """
    if code == "smtp_432":
        return _scattered(attempt, jitter)
    waits = _waits(code)
    if not 1 <= attempt <= len(waits):
        return None
    return timedelta(seconds=waits[attempt - 1] * (1 + _JITTER_SHARE * jitter))


def _waits(code: str) -> tuple[int, ...]:
    if code in _SUSPECT_CODES:
        return _SUSPECT
    if code in _BUSY_CODES:
        return _BUSY
    if code in _OUTAGE_CODES or code.startswith("http_5"):
        return _OUTAGE
    return _REFUSED_FOR_NOW if code.startswith("smtp_4") else ()


def _scattered(attempt: int, jitter: float) -> timedelta | None:
    # 432 is Exchange's limit on concurrent connections: retries that keep in step would hit it together again.
    if not 1 <= attempt <= _SCATTERED_ATTEMPTS:
        return None
    return timedelta(seconds=30 + jitter * min(_SCATTER_SECONDS, 120 * attempt))
