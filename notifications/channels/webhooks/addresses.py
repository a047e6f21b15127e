"""Is this an address we may post events to? Judged when it is set and again each time it is used."""

import re
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from notifications.channels.webhooks.settings import HookSettings
from workflows.errors import BevakaError

LONGEST_URL = 2000
_PRINTABLE = re.compile(r"[!-\[\]^_a-z~]+", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)
_PORTS = {"http": 80, "https": 443}


class HookFault(StrEnum):
    """Why an address is refused."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    USER_INFO = "user_info"
    PORT = "port"
    IP_ADDRESS = "ip_address"


class HookUrlError(BevakaError):
    """An address that no event is posted to. It may hold a secret and is never quoted."""

    def __init__(self, cause: HookFault) -> None:
        self.cause = cause
        super().__init__(f"the webhook's address is refused: {cause}")


def check_hook_url(url: str, settings: HookSettings) -> SplitResult:
    """Return the parts of an address that events may be posted to.

    Whether its name leads to a private address is seen when it is connected to.

    Raises:
        HookUrlError: it may not be used; `cause` says why.
    """
    parts = _split(url)
    if "@" in parts.netloc:
        raise HookUrlError(HookFault.USER_INFO)
    if is_trusted(parts, settings):
        return parts
    if parts.scheme != "https":
        raise HookUrlError(HookFault.NOT_HTTPS)
    if parts.port not in (None, 443):
        raise HookUrlError(HookFault.PORT)
    if _is_ip_address(parts.hostname or ""):
        raise HookUrlError(HookFault.IP_ADDRESS)
    if not _HOST.fullmatch(parts.hostname or ""):
        raise HookUrlError(HookFault.MALFORMED)
    return parts


def is_trusted(parts: SplitResult, settings: HookSettings) -> bool:
    """Say whether the operator has named the address's origin as one to be trusted."""
    named = {_origin(urlsplit(origin)) for origin in settings.trusted_origins}
    return _origin(parts) in named


def label_of(parts: SplitResult) -> str:
    """Return all of an address that may be shown: its origin, and four digits of a hash."""
    digest = sha256(parts.geturl().encode()).hexdigest()
    return f"{parts.scheme}://{parts.netloc} …{digest[-4:]}"


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def _split(url: str) -> SplitResult:
    # urlsplit strips tabs and line breaks in silence, so the text is judged before it is split.
    if len(url) <= LONGEST_URL and _PRINTABLE.fullmatch(url.lower()) and "#" not in url:
        try:
            parts = urlsplit(url)
            if parts.hostname and parts.port != 0 and parts.scheme in _PORTS:
                return parts
        except ValueError:
            pass
    raise HookUrlError(HookFault.MALFORMED)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
