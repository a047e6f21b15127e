"""The conversation with an identity provider: its metadata, its keys, and a code for a token (RFC 8414, RFC 6749)."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from access.oidc import Challenge, Claimed, OidcSettings, ProviderError, believed

WELL_KNOWN = "/.well-known/openid-configuration"
TIMEOUT = 10.0  # seconds
KEPT, SOONEST = 3600.0, 60.0  # seconds that metadata and keys are kept; that pass before they are asked for anew
LARGEST = 256 * 1024  # bytes of an answer
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider publishes of itself."""

    authorize: str
    token: str
    keys: KeySet
    since: float


@dataclass(slots=True)
class Provider:
    """One identity provider. Used by many threads."""

    settings: OidcSettings
    clock: Callable[[], float] = time.monotonic
    _known: Known | None = None
    _lock: Lock = field(default_factory=Lock)

    def address_for(self, challenge: Challenge) -> str:
        """Return where to send a browser; raises `ProviderError`."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": self.settings.scopes,
            "state": challenge.state,
            "nonce": challenge.nonce,
            "code_challenge": challenge.code_challenge,
            "code_challenge_method": "S256",
        }
        if self.settings.acr:
            asked["acr_values"] = " ".join(sorted(self.settings.acr))
        where = self._published().authorize
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"

    def who_is(self, code: str, challenge: Challenge, now: datetime) -> Claimed:
        """Return who came back with a code.

        Args:
            code: from the provider, good once.
            challenge: what the browser was sent with.
            now: a UTC instant, the world's.

        Raises:
            ProviderError: it cannot be reached, refuses the code, or its token may not be believed.
        """
        token = self._exchange(code, challenge)
        try:
            return believed(token, self._published().keys, challenge.nonce, self.settings, now)
        except ProviderError as error:
            if error.cause != "signature" or not self._ask_anew():
                raise
        # The provider may have changed its keys since we asked for them.
        return believed(token, self._published().keys, challenge.nonce, self.settings, now)

    def _exchange(self, code: str, challenge: Challenge) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_uri,
            "client_id": self.settings.client_id,
            "code_verifier": challenge.verifier,
        }
        if self.settings.client_secret is not None:
            form["client_secret"] = self.settings.client_secret
        answer = self._ask("POST", self._published().token, "exchange", data=form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("exchange")
        return token

    def _published(self) -> Known:
        with self._lock:
            if self._known is None or self.clock() - self._known.since > KEPT:
                self._known = self._discover()
            return self._known

    def _ask_anew(self) -> bool:
        """Forget the keys, unless they were asked for just now; say whether they were forgotten."""
        with self._lock:
            if self._known is None or self.clock() - self._known.since < SOONEST:
                return False
            self._known = None
            return True

    def _discover(self) -> Known:
        told = self._ask("GET", self.settings.issuer.rstrip("/") + WELL_KNOWN, "metadata")
        if told.get("issuer") != self.settings.issuer:
            raise ProviderError("metadata")
        authorize, token, keys = (
            _secure(told.get(name)) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        try:
            found = KeySet.import_key_set(self._ask("GET", keys, "metadata"))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            raise ProviderError("metadata") from None
        return Known(authorize, token, found, self.clock())

    def _ask(self, method: str, url: str, cause: str, **more: Any) -> dict[str, Any]:
        """Return a JSON object; no redirects, no proxies' surprises, nothing large."""
        context = ssl.create_default_context(cafile=self.settings.cafile) if url.startswith("https") else True
        try:
            with httpx.Client(verify=context, timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
                answer = client.request(method, url, headers={"Accept": "application/json"}, **more)
                told = answer.json() if answer.status_code == 200 and len(answer.content) <= LARGEST else None
        except httpx.HTTPError:
            raise ProviderError("unreachable") from None
        except ValueError:
            raise ProviderError(cause) from None
        if not isinstance(told, dict):
            raise ProviderError(cause)
        return told


def is_secure(url: str) -> bool:
    """Say whether an address is https, or of this computer."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _secure(url: object) -> str:
    if not isinstance(url, str) or not is_secure(url):
        raise ProviderError("metadata")
    return url
