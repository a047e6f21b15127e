"""The Teams channel: one POST, to an address judged when connecting, with no redirect and a bounded answer."""

import http.client
import ssl
from functools import partial
from urllib.parse import SplitResult, urlsplit

from notifications.channels import sockets
from notifications.channels.clock import Clock, utc_now
from notifications.channels.sockets import Allowance, BoundedTLSSocket, ForbiddenAddressError
from notifications.channels.teams.addresses import is_loopback, is_public
from notifications.channels.teams.card import build_card
from notifications.channels.teams.replies import judge
from notifications.channels.teams.settings import TeamsSettings
from notifications.channels.teams.urls import check_webhook_url, is_trusted
from notifications.messages import Message
from notifications.outcomes import Accepted, DeliveryFailed
from notifications.recipients import TeamsConnection

_ANSWER_READ = 4096


class TeamsChannel:
    """Posts cards to workflows. Holds no connection, so threads may share it.

    "Accepted" is all Teams ever says; whether the card is shown is in the workflow's own history. Microsoft allows 25
    posts in 300 seconds per connection; keeping to that is the caller's part.
    """

    def __init__(self, settings: TeamsSettings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self._clock = clock
        self._context = sockets.verifying_context(settings.cafile)

    def send(self, key: str, to: TeamsConnection, message: Message, *, uncertain: bool = False) -> Accepted:  # noqa: ARG002
        """Post one message as a card.

        Args:
            key: The outbox key. Teams has no use for it; it is here so that the channels are called alike.
            to: The connection. Its address is checked again, here, where it is used.
            message: What to say.
            uncertain: An earlier attempt ended with ``unknown_outcome``; the card and the result say so.

        Raises:
            DeliveryFailed: The workflow did not, or may not have, accepted it.
            WebhookUrlError: The address is not one we post to.
        """
        url = check_webhook_url(to.url.reveal(), self.settings).reveal()
        card = build_card(message, to.language, uncertain=uncertain)
        status, body, retry_after = self._exchange(urlsplit(url), card)
        accepted = judge(status, body, retry_after, self._clock())
        return Accepted(accepted.detail, may_be_duplicate=uncertain)

    def _exchange(self, parts: SplitResult, card: bytes) -> tuple[int, bytes, str | None]:
        allowance = Allowance(self.settings.timeout, self.settings.total_timeout)
        secured = self._connect(parts, allowance)
        connection = http.client.HTTPConnection(parts.netloc.rpartition("@")[2])
        connection.sock = secured
        try:
            return _post(connection, parts, card)
        finally:
            connection.close()
            secured.close()

    def _connect(self, parts: SplitResult, allowance: Allowance) -> BoundedTLSSocket:
        allowed = is_loopback if is_trusted(parts, self.settings) else is_public
        host = parts.hostname or ""
        dial = partial(sockets.connect, host, parts.port or 443, allowance, allowed)
        failure: DeliveryFailed
        try:
            plain = dial()
            try:
                return sockets.secure(plain, host, self._context, allowance)
            except BaseException:
                plain.close()
                raise
        except ForbiddenAddressError:
            failure = DeliveryFailed("address_forbidden", channel_broken=True)
        except ssl.SSLCertVerificationError:
            failure = DeliveryFailed("http_tls_untrusted", channel_broken=True)
        except OSError:
            failure = DeliveryFailed("connect")
        raise failure


def _post(connection: http.client.HTTPConnection, parts: SplitResult, card: bytes) -> tuple[int, bytes, str | None]:
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    # No Authorization header: with "Anyone" as trigger the workflow refuses requests that carry one.
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Bevaka", "Connection": "close"}
    failure: DeliveryFailed
    try:
        connection.request("POST", target or "/", body=card, headers=headers)
        answer = connection.getresponse()
        return answer.status, _beginning(answer), answer.getheader("Retry-After")
    except TimeoutError:
        failure = DeliveryFailed("timeout_after_data", unknown_outcome=True)
    except (OSError, http.client.HTTPException):
        failure = DeliveryFailed("disconnect_after_data", unknown_outcome=True)
    # Outside the except block: http.client's errors may hold parts of the address.
    raise failure


def _beginning(answer: http.client.HTTPResponse) -> bytes:
    # The status has been received; a body that breaks off or never ends does not change what happened.
    try:
        return answer.read(_ANSWER_READ)
    except (OSError, http.client.HTTPException):
        return b""
