"""Starts the identity provider of `oidc_provider` as a process of its own, and tells it whom to let in."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from access.oidc import OidcSettings
from tests.servers.oidc_provider import CLIENT, CLIENT_SECRET
from tests.servers.valkey import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds


@dataclass
class IdentityServer:
    """A provider that runs. `issuer` is its address."""

    issuer: str
    process: "subprocess.Popen[bytes]"

    def settings(self, redirect_uri: str, **more: Any) -> OidcSettings:
        """Return what a house that trusts it is set up with."""
        return OidcSettings(
            **{
                "issuer": self.issuer,
                "client_id": CLIENT,
                "client_secret": CLIENT_SECRET,
                "redirect_uri": redirect_uri,
                **more,
            }
        )

    def knows(self, **claims: Any) -> None:
        """Let it let in somebody from now on, and behave."""
        self.misbehaves()
        self._put("user", claims)

    def misbehaves(self, **how: Any) -> None:
        """Let it answer in another way; without arguments as it should."""
        self._put("misbehave", how)

    def rotates(self) -> None:
        """Let it sign with another key from now on."""
        self._put("rotate", {})

    def sends_back(self, where: str) -> str:
        """Go where a browser was sent, and return where that sends it back to."""
        answer = httpx.get(where, timeout=PATIENCE, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def _put(self, what: str, told: dict[str, Any]) -> None:
        httpx.put(f"{self.issuer}/test/{what}", json=told, timeout=PATIENCE, trust_env=False).raise_for_status()


@contextmanager
def identity_server() -> Iterator[IdentityServer]:
    """Give a provider that answers; it ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", "tests.servers.oidc_provider", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    server = IdentityServer(f"http://127.0.0.1:{port}", process)
    try:
        _wait(server)
        yield server
    finally:
        process.kill()
        process.wait(10)


def _wait(server: IdentityServer) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        assert server.process.poll() is None, "the identity provider ended"
        with suppress(httpx.HTTPError):
            httpx.get(f"{server.issuer}/jwks", timeout=1, trust_env=False)
            return
        time.sleep(0.05)
    raise AssertionError("the identity provider never answered")
