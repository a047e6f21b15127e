"""How one comes in is decided whole, and refused at the start when it cannot be."""

from datetime import timedelta
from pathlib import Path

import pytest

from bevaka.entrances import entrance_of
from config.settings import SettingsError, read_settings
from notifications.channels.sockets import AuthorityFileError

SSO = {
    "oidc_issuer": "https://sso.region.example",
    "oidc_client_id": "bevaka",
    "public_url": "https://b.region.example",
}


def test_without_settings_there_is_no_provider_and_the_usual_limits() -> None:
    entrance = entrance_of(read_settings())
    assert entrance.provider is None
    assert (entrance.limits.idle, entrance.limits.longest) == (timedelta(minutes=15), timedelta(hours=10))


def test_limits_and_provider_are_as_set(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hemlig\n", encoding="utf-8")
    entrance = entrance_of(
        read_settings(
            **SSO,
            oidc_client_secret_file=tmp_path / "secret",
            oidc_acr="loa3, loa4",
            session_idle_minutes=5,
            session_hours=8,
        )
    )
    assert entrance.provider is not None
    told = entrance.provider.settings
    assert told.redirect_uri == "https://b.region.example/sign-in/provider/back"
    assert (told.client_secret, sorted(told.acr), sorted(told.amr)) == ("hemlig", ["loa3", "loa4"], [])
    assert (entrance.limits.idle, entrance.limits.longest) == (timedelta(minutes=5), timedelta(hours=8))
    assert "hemlig" not in repr(told)


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_client_id": ""},
        {"oidc_issuer": ""},
        {"oidc_issuer": "http://sso.region.example"},
        {"oidc_issuer": "http://127.0.0.1.evil.example"},
        {"oidc_issuer": "sso.region.example"},
        {"oidc_scopes": "email"},
        {"public_url": "http://b.region.example"},
        {"session_idle_minutes": 0},
        {"session_hours": 25},
    ],
    ids=str,
)
def test_what_cannot_be_trusted_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        read_settings(**{**SSO, **changed})


def test_authorities_that_cannot_be_read_are_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(AuthorityFileError):
        entrance_of(read_settings(**SSO, oidc_cafile=tmp_path / "none.pem"))
