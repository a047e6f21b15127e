"""Who may read the figures: whoever knows the token, or without one whoever sits at this computer."""

import hmac
from dataclasses import dataclass, field

from starlette.requests import Request

from web.guard import LOOPBACK, host_name

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask for: no page, no session."""

# A proxy on this computer calls from this computer, for whomever it serves.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Watched:
    """How the workplace is watched.

    Attributes:
        token: what whoever reads /metrics must know; None lets only this computer read it.
        hosts: further host names the workplace answers to, such as `web` within a compose network.
        flower: the address of Flower, for whoever runs the system; "" where there is none.
    """

    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = frozenset()
    flower: str = ""

    def may_read(self, request: Request) -> bool:
        """Say whether a caller may read the figures."""
        if self.token is not None:
            said = request.headers.get("authorization", "")
            return hmac.compare_digest(said.encode(), f"Bearer {self.token}".encode())
        caller = request.client.host if request.client else ""
        asked = host_name(request.headers.get("host", ""))
        return {caller, asked} <= LOOPBACK and not any(name in request.headers for name in _FORWARDED)
