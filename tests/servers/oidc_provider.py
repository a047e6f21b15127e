"""An identity provider in a process of its own: discovery, keys, code flow with PKCE, RS256; and ways to misbehave.

    python -m tests.servers.oidc_provider PORT

It knows one client and lets in at once whoever `PUT /test/user` named: {"sub": …, "email": …, "email_verified": true}.
The keys under "misbehave" change what it answers: "claims" are put over the token's own, "alg" signs differently.
Strict where a real one is: a code is good once, for a minute, for its client, address and verifier.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, CLIENT_SECRET = "bevaka", "delad-hemlighet"
LIFE = 60.0  # seconds of a code


@dataclass
class Asked:
    """What a code was given for."""

    redirect_uri: str
    challenge: str
    nonce: str
    at: float
    user: dict[str, Any]


@dataclass
class State:
    """What the provider knows."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}))
    strange: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    user: dict[str, Any] = field(default_factory=dict)
    misbehave: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Asked] = field(default_factory=dict)
    asked_for_token: int = 0


def application(issuer: str) -> Starlette:
    """Return the provider as an ASGI application."""
    state = State(issuer)

    async def metadata(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": state.misbehave.get("issuer", issuer),
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def keys(_: Request) -> Response:
        return JSONResponse(KeySet([state.key]).as_dict(private=False))

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        if asked.get("client_id") != CLIENT or asked.get("response_type") != "code":
            return JSONResponse({"error": "unauthorized_client"}, 400)
        if asked.get("code_challenge_method") != "S256" or "openid" not in asked.get("scope", "").split():
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(24)
        state.codes[code] = Asked(
            asked["redirect_uri"], asked["code_challenge"], asked.get("nonce", ""), time.monotonic(), dict(state.user)
        )
        back = {"code": code, "state": asked.get("state", ""), "iss": issuer, **state.misbehave.get("answer", {})}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({k: v for k, v in back.items() if v})}", 302)

    async def token(request: Request) -> Response:
        state.asked_for_token += 1
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        found = state.codes.pop(form.get("code", ""), None)
        if not _is_good(form, found) or found is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": _signed(state, found)})

    async def change(request: Request) -> Response:
        told = await request.json()
        if request.url.path == "/test/user":
            state.user = told
        else:
            state.misbehave = told
        return JSONResponse({"asked_for_token": state.asked_for_token})

    async def rotate(_: Request) -> Response:
        state.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig", "alg": "RS256"})
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/jwks", keys),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/test/user", change, methods=["PUT"]),
            Route("/test/misbehave", change, methods=["PUT"]),
            Route("/test/rotate", rotate, methods=["PUT"]),
        ]
    )


def _is_good(form: dict[str, str], found: Asked | None) -> bool:
    if found is None or time.monotonic() - found.at > LIFE or form.get("grant_type") != "authorization_code":
        return False
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        form.get("client_id") == CLIENT
        and hmac.compare_digest(form.get("client_secret", ""), CLIENT_SECRET)
        and form.get("redirect_uri") == found.redirect_uri
        and hmac.compare_digest(verifier, found.challenge)
    )


def _signed(state: State, asked: Asked) -> str:
    now = int(time.time())
    claims = {"iss": state.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked.nonce, **asked.user}
    claims |= state.misbehave.get("claims", {})
    claims = {name: value for name, value in claims.items() if value is not None}
    match state.misbehave.get("alg"):
        case "none":
            return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
        case "HS256":  # signed with the public key, as if it were a shared secret
            secret = OctKey.import_key(state.key.as_pem(private=False))
            told = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
            signed = hmac.new(secret.raw_value, told.encode(), hashlib.sha256).digest()
            return f"{told}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"
        case "strange":
            return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, state.strange)
        case "changed":
            head, _, mac = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, state.key).split(".")
            return f"{head}.{_part(claims | {'sub': 'somebody-else'})}.{mac}"
        case _:
            return jwt.encode({"alg": "RS256", "kid": state.key.kid}, claims, state.key)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(application(f"http://127.0.0.1:{port}"), host="127.0.0.1", port=port, log_level="error")
