"""Is this a webhook address we may post to? It is judged, never taken apart and put together again.

Microsoft changed the format three times in twelve months (facts/notifications.md §1), so only what makes it safe is
checked.
"""

import re
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

from notifications.channels.teams.settings import TeamsSettings
from notifications.recipients import SecretUrl
from workflows.errors import BevakaError

LONGEST_URL = 2048

_PRINTABLE = re.compile(r"[!-\[\]^_a-z~]+", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)


class UrlFault(StrEnum):
    """Why an address is refused."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    USER_INFO = "user_info"
    PORT = "port"
    IP_ADDRESS = "ip_address"
    RETIRED_CONNECTOR = "retired_connector"
    RETIRED_LOGIC_APPS = "retired_logic_apps"
    FOREIGN_HOST = "foreign_host"
    NO_SIGNATURE = "no_signature"


_EXPLAINED: dict[UrlFault, tuple[str, str]] = {
    UrlFault.MALFORMED: (
        "Adressen är inte en fullständig webbadress. Kopiera hela adressen från arbetsflödet i Teams.",
        "This is not a complete web address. Copy the whole address from the workflow in Teams.",
    ),
    UrlFault.NOT_HTTPS: ("Adressen måste börja med https://.", "The address must begin with https://."),
    UrlFault.USER_INFO: (
        "Adressen får inte innehålla användarnamn eller lösenord.",
        "The address may not contain a user name or a password.",
    ),
    UrlFault.PORT: ("Adressen får bara använda port 443.", "The address may only use port 443."),
    UrlFault.IP_ADDRESS: (
        "Adressen måste ha ett domännamn, inte en IP-adress.",
        "The address must have a domain name, not an IP address.",
    ),
    UrlFault.RETIRED_CONNECTOR: (
        "Det här är en gammal Teams-anslutning som Microsoft stängde i maj 2026. Skapa ett arbetsflöde i Teams "
        "med mallen för inkommande webhook och klistra in dess adress.",
        "This is an old Teams connector, which Microsoft switched off in May 2026. Create a workflow in Teams from "
        "the template for incoming webhooks and paste its address.",
    ),
    UrlFault.RETIRED_LOGIC_APPS: (
        "Det här är en äldre adress till arbetsflödet, som Microsoft har slutat stödja. Öppna arbetsflödet i Teams "
        "och kopiera den nya adressen.",
        "This is an older address of the workflow, which Microsoft no longer supports. Open the workflow in Teams "
        "and copy the new address.",
    ),
    UrlFault.FOREIGN_HOST: (
        "Adressen leder inte till ett arbetsflöde i Teams. Bara Microsofts egna adresser är tillåtna.",
        "The address does not lead to a Teams workflow. Only Microsoft's own addresses are allowed.",
    ),
    UrlFault.NO_SIGNATURE: (
        "Adressen saknar signatur (sig). Ställ in arbetsflödet så att vem som helst kan utlösa det, och kopiera "
        "adressen igen.",
        "The address has no signature (sig). Set the workflow so that anyone can trigger it, and copy the address "
        "again.",
    ),
}


class WebhookUrlError(BevakaError):
    """A webhook address is refused. The address is a credential and is never quoted."""

    def __init__(self, cause: UrlFault) -> None:
        self.cause = cause
        super().__init__(self.explain("en"))

    def explain(self, language: str) -> str:
        """What is wrong and what to do, in ``sv`` or ``en``."""
        swedish, english = _EXPLAINED[self.cause]
        return english if language == "en" else swedish


def check_webhook_url(url: str, settings: TeamsSettings) -> SecretUrl:
    """Return the address as a secret, unchanged, if a message may be posted to it.

    Raises:
        WebhookUrlError: It may not; ``cause`` and ``explain`` say why.
    """
    parts = _split(url)
    if is_trusted(parts, settings):
        return SecretUrl(url)
    fault = _transport_fault(parts) or _host_fault(parts.hostname or "", settings) or _signature_fault(parts)
    if fault is not None:
        raise WebhookUrlError(fault)
    return SecretUrl(url)


def is_trusted(parts: SplitResult, settings: TeamsSettings) -> bool:
    """Whether the address lies on one of the loopback origins named in the settings."""
    return f"{parts.scheme}://{parts.netloc}" in settings.trusted_origins


def _split(url: str) -> SplitResult:
    # urlsplit strips tabs and line breaks in silence, so the text is judged before it is split.
    if len(url) <= LONGEST_URL and _PRINTABLE.fullmatch(url.lower()) and "#" not in url:
        try:
            parts = urlsplit(url)
            if parts.hostname and parts.port != 0:
                return parts
        except ValueError:
            pass
    raise WebhookUrlError(UrlFault.MALFORMED)


def _transport_fault(parts: SplitResult) -> UrlFault | None:
    if parts.scheme != "https":
        return UrlFault.NOT_HTTPS
    if "@" in parts.netloc:
        return UrlFault.USER_INFO
    return None if parts.port in (None, 443) else UrlFault.PORT


def _host_fault(host: str, settings: TeamsSettings) -> UrlFault | None:
    if _is_ip_address(host):
        return UrlFault.IP_ADDRESS
    if host.endswith(settings.allowed_suffixes):
        return None if _HOST.fullmatch(host) else UrlFault.MALFORMED
    if host.endswith((".webhook.office.com", "outlook.office.com", "outlook.office365.com")):
        return UrlFault.RETIRED_CONNECTOR
    return UrlFault.RETIRED_LOGIC_APPS if host.endswith(".logic.azure.com") else UrlFault.FOREIGN_HOST


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _signature_fault(parts: SplitResult) -> UrlFault | None:
    signed = any(name == "sig" and value for name, value in parse_qsl(parts.query))
    return None if signed else UrlFault.NO_SIGNATURE
