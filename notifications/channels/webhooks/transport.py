"""One POST to another system: to an address judged when connecting, with no redirect and a bounded answer."""

import http.client
import ssl
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import SplitResult

from notifications.channels import sockets
from notifications.channels.sockets import Allowance, BoundedSocket, BoundedTLSSocket, ForbiddenAddressError
from notifications.channels.teams.addresses import is_public
from notifications.channels.teams.replies import read_retry_after
from notifications.channels.webhooks.addresses import check_hook_url, is_trusted
from notifications.channels.webhooks.settings import HookSettings
from notifications.outcomes import Accepted, DeliveryFailed

_ANSWER_READ = 4096
GONE = "http_410"


class HookChannel:
    """Posts signed messages. Holds no connection, so threads may share it."""

    def __init__(self, settings: HookSettings) -> None:
        self.settings = settings
        self._context = sockets.verifying_context(settings.cafile)

    def send(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Accepted:
        """Post one message.

        Args:
            url: where to; judged again, here, where it is used.
            headers: its id, its time and its signature.
            body: JSON.
            now: the instant, UTC, to turn a date in an answer into a wait.

        Raises:
            HookUrlError: the address is not one we post to.
            DeliveryFailed: it was not taken, or nobody knows whether it was.
        """
        parts = check_hook_url(url, self.settings)
        allowance = Allowance(self.settings.timeout, self.settings.total_timeout)
        connected = self._connect(parts, allowance)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = connected
        try:
            status, retry_after = _post(connection, parts, headers, body)
        finally:
            connection.close()
            connected.close()
        return _judge(status, retry_after, now)

    def _connect(self, parts: SplitResult, allowance: Allowance) -> BoundedSocket | BoundedTLSSocket:
        trusted = is_trusted(parts, self.settings)
        host, secured = parts.hostname or "", parts.scheme == "https"
        allowed = sockets.any_address if trusted else is_public
        dial = partial(sockets.connect, host, parts.port or (443 if secured else 80), allowance, allowed)
        failure: DeliveryFailed
        try:
            plain = dial()
            try:
                return sockets.secure(plain, host, self._context, allowance) if secured else plain
            except BaseException:
                plain.close()
                raise
        except ForbiddenAddressError:
            failure = DeliveryFailed("address_forbidden")
        except ssl.SSLCertVerificationError:
            failure = DeliveryFailed("http_tls_untrusted")
        except OSError:
            failure = DeliveryFailed("connect")
        raise failure


def _post(
    connection: http.client.HTTPConnection, parts: SplitResult, headers: Mapping[str, str], body: bytes
) -> tuple[int, str | None]:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = {"Content-Type": "application/json", "User-Agent": "Bevaka", "Connection": "close"}
    failure: DeliveryFailed
    try:
        connection.request("POST", target, body=body, headers={**fixed, **headers})
        answer = connection.getresponse()
        answer.read(_ANSWER_READ)
        return answer.status, answer.getheader("Retry-After")
    except TimeoutError:
        failure = DeliveryFailed("timeout_after_data", unknown_outcome=True)
    except (OSError, http.client.HTTPException):
        failure = DeliveryFailed("disconnect_after_data", unknown_outcome=True)
    # Outside the except block: http.client's errors may hold parts of the address.
    raise failure


def _judge(status: int, retry_after: str | None, now: datetime) -> Accepted:
    """Only 2xx is a yes; a redirect is not followed, for it could lead anywhere."""
    if 200 <= status <= 299:
        return Accepted(str(status))
    if 300 <= status <= 399:
        raise DeliveryFailed("http_redirect")
    raise DeliveryFailed(f"http_{status}", retry_after=read_retry_after(retry_after, now))
