"""Which webhook addresses may be used, and how long to wait for them."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from notifications.allowed import LOOPBACK_HOSTS
from workflows.errors import BevakaError


class TeamsSettingsError(BevakaError):
    """A Teams setting cannot be used."""

    def __init__(self, setting: str, allowed: str) -> None:
        self.setting = setting
        self.allowed = allowed
        super().__init__(f"The Teams setting '{setting}' is refused. Allowed: {allowed}.")


@dataclass(frozen=True, slots=True)
class TeamsSettings:
    """The Teams channel's rules.

    Attributes:
        allowed_suffixes: What a webhook's host must end with. Microsoft has changed it before, so it is a setting.
        trusted_origins: Loopback origins such as ``https://localhost:9443``, for the demo and the tests.
        cafile: The authorities to trust instead of the system's own.
        timeout: Seconds for one read or write.
        total_timeout: Seconds for one message.
    """

    allowed_suffixes: tuple[str, ...] = (".environment.api.powerplatform.com",)
    trusted_origins: frozenset[str] = frozenset()
    cafile: Path | None = None
    timeout: float = 10.0
    total_timeout: float = 30.0

    def __post_init__(self) -> None:
        if not self.allowed_suffixes or not all(_is_suffix(suffix) for suffix in self.allowed_suffixes):
            raise TeamsSettingsError("allowed_suffixes", "at least one, each like .environment.api.powerplatform.com")
        if not all(_is_loopback_origin(origin) for origin in self.trusted_origins):
            raise TeamsSettingsError("trusted_origins", "https://localhost:PORT or https://127.0.0.1:PORT")
        if not 0 < self.timeout <= self.total_timeout <= 300:
            raise TeamsSettingsError("timeout", "more than 0, at most total_timeout, which is at most 300 seconds")


def _is_suffix(suffix: str) -> bool:
    return suffix.startswith(".") and suffix.count(".") >= 2 and suffix == suffix.lower() and suffix.isascii()


def _is_loopback_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        host in LOOPBACK_HOSTS and port is not None and origin in (f"https://{host}:{port}", f"https://[{host}]:{port}")
    )
