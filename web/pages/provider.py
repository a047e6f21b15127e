"""Signing in at the organisation's identity provider: there and back (OpenID Connect, code flow with PKCE)."""

import hmac

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from access.oidc import ProviderError
from access.oidc_provider import Provider
from engine.entering_by_provider import NotUnderWayError, come_back, enter_as, set_out
from web.addresses import own_path
from web.errors import PageNotFoundError
from web.visits import Caller, OutsideDep, let_in

router = APIRouter()
LONGEST = 4_000  # characters of a code or a state


@router.get("/sign-in/provider")
def set_out_to_provider(who: OutsideDep, next: str = "") -> Response:  # noqa: A002 - the word of the address
    """Send the browser to the provider."""
    provider = _provider(who)
    challenge = set_out(who.place.engine, who.session.id, own_path(next), who.now)
    return RedirectResponse(provider.address_for(challenge), 303)


@router.get("/sign-in/provider/back")
def come_back_from_provider(
    who: OutsideDep, state: str = "", code: str = "", error: str = "", iss: str | None = None
) -> Response:
    """Take the browser back, and let in who she is, if she works here."""
    provider = _provider(who)
    under_way = come_back(who.place.engine, who.session.id, state[:LONGEST], who.now)
    issuer = provider.settings.issuer
    if iss is not None and not hmac.compare_digest(iss.encode(), issuer.encode()):
        raise ProviderError("iss")  # another provider's answer (RFC 9207)
    if error or not code or len(code) > LONGEST:
        raise NotUnderWayError
    claimed = provider.who_is(code, under_way.challenge, who.now)
    let_in(who, enter_as(who.place.engine, claimed, who.came_from, who.now, who.place.entrance.limits))
    return RedirectResponse(own_path(under_way.go_on), 303)


def _provider(who: Caller) -> Provider:
    if who.place.entrance.provider is None:
        raise PageNotFoundError
    return who.place.entrance.provider
