"""Where webhooks may lead besides the open internet, and how long to wait for them."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workflows.errors import BevakaError


class HookSettingsError(BevakaError):
    """A setting of webhooks cannot be used."""

    def __init__(self, setting: str, allowed: str) -> None:
        self.setting = setting
        self.allowed = allowed
        super().__init__(f"The webhook setting '{setting}' is refused. Allowed: {allowed}.")


@dataclass(frozen=True, slots=True)
class HookSettings:
    """The rules of webhooks.

    Attributes:
        trusted_origins: origins such as ``https://journal.region.example:8443`` or ``http://10.1.2.3:8080`` that the
            operator answers for: they may have private addresses, and plain http.
        cafile: the authorities to trust instead of the system's own.
        timeout: seconds for one read or write.
        total_timeout: seconds for one message.
    """

    trusted_origins: frozenset[str] = frozenset()
    cafile: Path | None = None
    timeout: float = 5.0
    total_timeout: float = 10.0

    def __post_init__(self) -> None:
        if not all(_is_origin(origin) for origin in self.trusted_origins):
            raise HookSettingsError("trusted_origins", "https://name, https://name:port or http://name:port, no path")
        if not 0 < self.timeout <= self.total_timeout <= 10:
            raise HookSettingsError("timeout", "more than 0, at most total_timeout, which is at most 10 seconds")


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return named and plain and origin == f"{parts.scheme}://{parts.netloc}" and origin == origin.lower()
