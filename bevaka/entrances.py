"""How one comes in: the settings of sessions and of the identity provider, and what to do while nobody can yet."""

from datetime import timedelta
from typing import TYPE_CHECKING

from bevaka.language import t
from config.settings import Settings
from engine.parts import Engine
from engine.sessions import SessionLimits
from notifications.channels.sockets import verifying_context

if TYPE_CHECKING:
    from access.oidc_provider import Provider
    from web.place import Entrance


def entrance_of(settings: Settings) -> "Entrance":
    """Return how one comes in by these settings.

    Raises:
        SettingsError: the file of the provider's secret cannot be read.
        AuthorityFileError: its authorities cannot.
    """
    from web.place import Entrance  # noqa: PLC0415 - with the web server

    limits = SessionLimits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours))
    return Entrance(limits, _provider(settings) if settings.oidc_issuer else None)


def how_to_begin(engine: Engine) -> str:
    """Return what to add to the address while nobody has made an account here; "" after that."""
    from engine.enrolling import anybody_can_sign_in  # noqa: PLC0415 - with the web server

    if anybody_can_sign_in(engine):
        return ""
    return t(
        " – ingen kan logga in än: bevaka staff invite E-POST", " – nobody can sign in yet: bevaka staff invite EMAIL"
    )


def _provider(settings: Settings) -> "Provider":
    from access.oidc import OidcSettings  # noqa: PLC0415 - with the web server
    from access.oidc_provider import Provider  # noqa: PLC0415

    if settings.oidc_cafile is not None:
        verifying_context(settings.oidc_cafile)  # refused now, not when the first one signs in
    return Provider(
        OidcSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.secret("oidc_client_secret"),
            redirect_uri=f"{settings.public_url}/sign-in/provider/back",
            scopes=settings.oidc_scopes,
            claim=settings.oidc_claim,
            acr=frozenset(_parts(settings.oidc_acr)),
            amr=frozenset(_parts(settings.oidc_amr)),
            cafile=settings.oidc_cafile,
        )
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
