"""Wiring: settings in, an engine out. The only place that joins the parts."""

import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path

from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from access.sealing import SecretBox
from access.signing import Signer
from bevaka.head_keeping import keeper
from config.settings import Settings
from engine.parts import Engine, stay_asleep
from notifications.channels.clock import Clock, utc_now
from notifications.channels.email import EmailChannel, SmtpSettings
from notifications.channels.teams import TeamsChannel, TeamsSettings
from notifications.channels.webhooks import HookChannel, HookSettings
from storage.database import Database
from workflows.errors import BevakaError


class KeyringMissingError(BevakaError):
    """There is no key file: identities could be neither sealed nor opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"there is no key file {path}: make one with `bevaka keys new`, and keep a copy apart from backups"
        )


def build_engine(
    settings: Settings, *, nudge: Callable[[], None] = stay_asleep, clock: Clock = utc_now, new_keys: bool = False
) -> Engine:
    """Return an engine for these settings.

    Args:
        settings: what the operator decided.
        nudge: see `Engine.nudge`.
        clock: what channels write as the date of sending.
        new_keys: make a key file where there is none (the embedded run does).

    Raises:
        KeyringMissingError, KeyringError: the key file is missing or unusable.
        SmtpSettingsError, TeamsSettingsError: a channel's settings cannot be used.
    """
    text = _keyring_text(settings.keyring, new_keys)
    if settings.database.startswith("sqlite:///"):
        Path(settings.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Engine(
        database=Database(settings.database),
        vault=keyring_from_json(text),
        secrets=SecretBox.from_keyring(text),
        public_url=settings.public_url,
        email=EmailChannel(_smtp(settings, text), clock) if settings.smtp_host else None,
        teams=TeamsChannel(teams_settings(settings), clock),
        hooks=HookChannel(hook_settings(settings)),
        nudge=nudge,
        signer=Signer.from_keyring(text),
        keep_outside=keeper(settings.head_file, settings.head_url, settings.head_cafile),
        real_time=clock is utc_now,
        hold_backlog=settings.hold_backlog if clock is utc_now else 0,
    )


def _keyring_text(path: Path, new_keys: bool) -> str:
    if not path.exists():
        if not new_keys:
            raise KeyringMissingError(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_EXCL: two starts at once must not each make keys; the second reads those of the first.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(new_keyring_json())
    return path.read_text(encoding="utf-8")


def _smtp(settings: Settings, keyring: str) -> SmtpSettings:
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_sender,
        message_id_key=hmac.new(keyring.encode(), b"bevaka|message-id", hashlib.sha256).digest(),
        message_id_domain=settings.message_id_domain,
        username=settings.smtp_username or None,
        password=settings.password,
        cafile=settings.smtp_cafile,
    )


def teams_settings(settings: Settings) -> TeamsSettings:
    """Return which webhook addresses may be used."""
    return TeamsSettings(
        allowed_suffixes=tuple(_parts(settings.webhook_suffixes)),
        trusted_origins=frozenset(_parts(settings.webhook_origins)),
        cafile=settings.webhook_cafile,
    )


def hook_settings(settings: Settings) -> HookSettings:
    """Return which addresses the webhooks of events may lead to."""
    return HookSettings(
        trusted_origins=frozenset(_parts(settings.event_webhook_origins)), cafile=settings.webhook_cafile
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
