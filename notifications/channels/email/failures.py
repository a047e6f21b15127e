"""From what the mail server did to a `DeliveryFailed` with a short code. No server text is carried over."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from notifications.outcomes import DeliveryFailed

_LOGIN_REFUSED = frozenset({530, 534, 535, 538})


def refused(code: int, *, sender_or_server: bool = False) -> DeliveryFailed:
    """The failure for a reply that is not the hoped-for one: 4yz passes, 5yz does not (RFC 5321 §4.2.1).

    Args:
        code: The three-digit reply.
        sender_or_server: The reply concerns us rather than this recipient, so it would meet every message.
    """
    if not 400 <= code <= 599:
        return DeliveryFailed("protocol")
    if code in _LOGIN_REFUSED:
        return DeliveryFailed("smtp_auth", channel_broken=True)
    permanent = code >= 500
    return DeliveryFailed(f"smtp_{code}", permanent=permanent, channel_broken=permanent and sender_or_server)


@contextmanager
def mapped(*, after_data: bool = False) -> Iterator[None]:
    """Turn what goes wrong on the wire inside the block into `DeliveryFailed`.

    Args:
        after_data: The message is (or may be) with the server, so a lost connection leaves the outcome unknown.
    """
    failure: DeliveryFailed
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        failure = (
            refused(error.smtp_code) if error.smtp_code < 500 else DeliveryFailed("smtp_auth", channel_broken=True)
        )
    except smtplib.SMTPResponseException as error:
        failure = refused(error.smtp_code)
    except smtplib.SMTPNotSupportedError:
        failure = DeliveryFailed("smtp_auth", channel_broken=True)
    except (OSError, smtplib.SMTPException) as error:
        failure = _lost(error, after_data)
    else:
        return
    _raise_alone(failure)


def _lost(error: Exception, after_data: bool) -> DeliveryFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("smtp_tls_untrusted", channel_broken=True)
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError) and not after_data:
        return DeliveryFailed("tls_failed")
    # smtplib wraps a timeout into SMTPServerDisconnected; the context tells them apart.
    timed_out = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    word = "timeout" if timed_out else "disconnect"
    return DeliveryFailed(f"{word}_after_data" if after_data else word, unknown_outcome=after_data)


def _raise_alone(failure: DeliveryFailed) -> NoReturn:
    # Outside the except block, so that no server text or address travels along as context.
    raise failure
