"""How to reach the mail server, checked when made."""

import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Literal

from notifications.allowed import LOOPBACK_HOSTS
from notifications.recipients import RecipientError, check_address
from workflows.errors import BevakaError

Security = Literal["starttls", "tls", "none"]

_DISPLAY_NAME = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ɏ .–-]{0,60}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,28}[a-z0-9])?", re.ASCII)


class SmtpSettingsError(BevakaError):
    """A mail setting cannot be used. Its value is not quoted: it may be a password."""

    def __init__(self, setting: str, allowed: str) -> None:
        self.setting = setting
        self.allowed = allowed
        super().__init__(f"The mail setting '{setting}' is refused. Allowed: {allowed}.")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server, the sender and the key of the Message-IDs.

    Attributes:
        security: ``starttls`` and ``tls`` verify the certificate; ``none`` is for a loopback server only.
        cafile: The authorities to trust instead of the system's own.
        sender: ``bevaka@region.example`` or ``Bevaka <bevaka@region.example>``; also organises invitations.
        message_id_key: At least 16 secret bytes, so that a Message-ID tells nothing about its outbox key.
        message_id_domain: At most 30 characters, so that an ID never needs folding (facts/notifications.md §2).
        timeout: Seconds for one reply.
        total_timeout: Seconds for one message, from connecting to the last reply.
    """

    host: str
    port: int
    security: Security
    sender: str
    message_id_key: bytes = field(repr=False)
    message_id_domain: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: Path | None = None
    timeout: float = 10.0
    total_timeout: float = 30.0

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host) and self.host not in LOOPBACK_HOSTS:
            raise SmtpSettingsError("host", "a host name or an IPv4 address")
        self._check_security()
        self._check_sender()
        if not 1 <= self.port <= 65_535:
            raise SmtpSettingsError("port", "1 to 65535")
        if len(self.message_id_key) < 16:
            raise SmtpSettingsError("message_id_key", "at least 16 bytes")
        if not _DOMAIN.fullmatch(self.message_id_domain):
            raise SmtpSettingsError("message_id_domain", "a domain name in small letters, at most 30 characters")
        if not 0 < self.timeout <= self.total_timeout <= 300:
            raise SmtpSettingsError("timeout", "more than 0, at most total_timeout, which is at most 300 seconds")

    def _check_security(self) -> None:
        if self.security not in ("starttls", "tls", "none"):
            raise SmtpSettingsError("security", "starttls, tls or none")
        if self.security == "none" and self.host not in LOOPBACK_HOSTS:
            raise SmtpSettingsError("security", "starttls or tls; none is for a server on this computer only")
        if (self.username is None) != (self.password is None):
            raise SmtpSettingsError("password", "both username and password, or neither")
        if not f"{self.username}{self.password}".isascii():
            raise SmtpSettingsError("password", "ASCII only, which is all that SMTP AUTH sends everywhere")

    def _check_sender(self) -> None:
        name, address = parseaddr(self.sender)
        try:
            check_address(address)
        except RecipientError:
            address = ""
        if not address or self.sender not in (address, f"{name} <{address}>") or not _DISPLAY_NAME.fullmatch(name):
            raise SmtpSettingsError("sender", "name@domain.example or Name <name@domain.example>")

    @property
    def sender_name(self) -> str:
        """The display name, possibly empty."""
        return _parsed(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """The bare address: envelope sender, From and ORGANIZER."""
        return _parsed(self.sender)[1]


@lru_cache(maxsize=8)  # asked for every mail, and the same every time
def _parsed(sender: str) -> tuple[str, str]:
    return parseaddr(sender)
