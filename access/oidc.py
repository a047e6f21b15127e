"""OpenID Connect: what is asked of an identity token before anybody is believed (OpenID Connect Core 1.0 §3.1.3.7).

Tokens are verified by joserfc against the provider's published keys, with asymmetric algorithms only: `none` and
everything keyed with a shared secret is refused before a key is looked for.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from workflows.errors import BevakaError

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "PS384", "PS512", "EdDSA"]
LEEWAY = 60  # seconds that two clocks may differ by
LONGEST_TOKEN = 32_000  # characters
LONGEST_SUBJECT = 255


class ProviderError(BevakaError):
    """The provider cannot be reached, or says what may not be believed.

    Attributes:
        cause: `unreachable`, `metadata`, `exchange`, `signature`, or the name of the claim that is wrong.
    """

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the identity provider's answer cannot be used: {cause}")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What an operator decided about the provider.

    Attributes:
        issuer: its name, exactly as its tokens say it.
        redirect_uri: where it sends browsers back to; registered there.
        claim: whose value is an address of our staff; `email` counts only when it is verified.
        acr, amr: what is demanded of how she was authenticated; empty: anything.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scopes: str = "openid email"
    claim: str = "email"
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()
    cafile: Path | None = None

    def __repr__(self) -> str:
        return f"OidcSettings(issuer={self.issuer!r}, client_id={self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What ties an answer to the browser that went to ask: kept by us until it is back (PKCE, RFC 7636)."""

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def new() -> "Challenge":
        """Return a random one."""
        return Challenge(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))

    @property
    def code_challenge(self) -> str:
        """Return what is told of the verifier at first: its SHA-256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """Who the provider says it is. `address` is None where it vouches for none."""

    issuer: str
    subject: str
    address: str | None


def believed(token: str, keys: KeySet, nonce: str, settings: OidcSettings, now: datetime) -> Claimed:
    """Return who an identity token is about.

    Args:
        token: the token as it came.
        keys: the provider's public keys.
        nonce: what was sent with the request.
        settings: what is demanded.
        now: a UTC instant, the world's.

    Raises:
        ProviderError: the token may not be believed.
    """
    claims = _verified(token, keys)
    _check_who_and_for_whom(claims, settings)
    _check_when(claims, int(now.timestamp()))
    told = claims.get("nonce")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise ProviderError("nonce")
    _check_how(claims, settings)
    return Claimed(settings.issuer, claims["sub"], _address(claims, settings.claim))


def _verified(token: str, keys: KeySet) -> Mapping[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise ProviderError("signature")
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderError("signature") from None


def _check_who_and_for_whom(claims: Mapping[str, Any], settings: OidcSettings) -> None:
    if claims.get("iss") != settings.issuer:
        raise ProviderError("iss")
    told = claims.get("aud")
    audience = [told] if isinstance(told, str) else told
    if not isinstance(audience, list) or settings.client_id not in audience:
        raise ProviderError("aud")
    if (len(audience) > 1 or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise ProviderError("azp")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ProviderError("sub")


def _check_when(claims: Mapping[str, Any], now: int) -> None:
    ends, made, begins = (_seconds(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if ends is None or ends + LEEWAY <= now:
        raise ProviderError("exp")
    if made is None or made - LEEWAY > now:
        raise ProviderError("iat")
    if begins is not None and begins - LEEWAY > now:
        raise ProviderError("nbf")


def _seconds(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _check_how(claims: Mapping[str, Any], settings: OidcSettings) -> None:
    if settings.acr and claims.get("acr") not in settings.acr:
        raise ProviderError("acr")
    told = claims.get("amr")
    methods = set(filter(lambda one: isinstance(one, str), told)) if isinstance(told, list) else set()
    if not settings.amr <= methods:
        raise ProviderError("amr")


def _address(claims: Mapping[str, Any], claim: str) -> str | None:
    value = claims.get(claim)
    if claim == "email" and claims.get("email_verified") is not True:
        return None
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else None
