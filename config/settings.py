"""The settings: declared once, typed, read from the environment (`BEVAKA_…`) or the file that `BEVAKA_ENV` names.

Passwords and other secrets may come from a file instead: `BEVAKA_SMTP_PASSWORD_FILE=/run/secrets/smtp`.
"""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from workflows.errors import BevakaError

SECRETS = ("database_password", "smtp_password", "metrics_token", "flower_password", "oidc_client_secret")
"""Each may come from a file instead, named by the setting of the same name and `_file`."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(BevakaError):
    """Settings that cannot be used: which ones and what is allowed, never what they held."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"BEVAKA_{name.upper()}: {allowed}" for name, allowed in problems))


class Settings(BaseSettings):
    """What an operator decides."""

    model_config = SettingsConfigDict(env_prefix="BEVAKA_", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("var"), description="Where the embedded run keeps its database, keys and demo mailbox.")
    database_url: str = Field("", description="SQLAlchemy URL. Empty: a SQLite file in the data folder.")
    database_password: SecretStr = Field(SecretStr(""), description="Password at the database server.")
    database_password_file: Path | None = Field(None, description="File that holds it.")
    redis_url: str = Field("", description="Broker of the scaled-out run. Empty: tasks run inside the process.")
    keyring_file: Path | None = Field(None, description="The key file. Empty: keyring.json in the data folder.")
    public_url: str = Field("http://127.0.0.1:8420", description="Address of the web workplace, as in links.")
    smtp_host: str = Field("", description="Mail server. Empty: no email channel.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="`none` on loopback only.")
    smtp_username: str = Field("", description="User at the mail server.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    smtp_password_file: Path | None = Field(None, description="File that holds the password.")
    smtp_sender: str = Field("Bevaka <bevaka@bevaka.example>", description="Sender; organiser of invitations.")
    smtp_cafile: Path | None = Field(None, description="Authorities to trust instead of the system's own.")
    message_id_domain: str = Field("bevaka.example", description="Domain of Message-IDs.")
    webhook_suffixes: str = Field(
        ".environment.api.powerplatform.com", description="What a Teams webhook's host may end with, by commas."
    )
    webhook_origins: str = Field("", description="Loopback origins that are trusted too (demo), by commas.")
    webhook_cafile: Path | None = Field(None, description="Authorities to trust for webhooks.")
    event_webhook_origins: str = Field(
        "", description="Origins of your own network that webhooks of events may lead to, by commas."
    )
    api_requests_per_minute: int = Field(600, ge=1, le=60_000, description="How much one API token may ask.")
    web_hosts: str = Field("", description="Further host names the workplace answers to, by commas.")
    metrics_token: SecretStr = Field(SecretStr(""), description="Bearer token of /metrics. Empty: this computer only.")
    metrics_token_file: Path | None = Field(None, description="File that holds it.")
    flower_url: str = Field("", description="Address of Flower, for a link on the system page.")
    flower_password: SecretStr = Field(SecretStr(""), description="Password of the user `bevaka` in Flower.")
    flower_password_file: Path | None = Field(None, description="File that holds it.")
    deadman_url: str = Field("", description="https address to ping once a minute while nothing waits too long.")
    deadman_cafile: Path | None = Field(None, description="Authorities to trust for that address.")
    head_file: Path | None = Field(None, description="File outside to append signed heads of the histories to.")
    head_url: str = Field("", description="https address to post them to once an hour.")
    head_cafile: Path | None = Field(None, description="Authorities to trust for that address.")
    hold_backlog: int = Field(
        25, ge=0, description="After a day without a postman, more due messages than this wait for a human; 0: never."
    )
    session_idle_minutes: int = Field(15, ge=1, le=120, description="How long a session lasts unused.")
    session_hours: int = Field(10, ge=1, le=24, description="How long a session lasts, however much it is used.")
    oidc_issuer: str = Field("", description="Issuer of the identity provider (OpenID Connect). Empty: none.")
    oidc_client_id: str = Field("", description="What the provider calls this house.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Secret shared with the provider, if any.")
    oidc_client_secret_file: Path | None = Field(None, description="File that holds it.")
    oidc_scopes: str = Field("openid email", description="What is asked of the provider, by blanks.")
    oidc_claim: str = Field("email", description="Claim that holds the address of a member of staff.")
    oidc_acr: str = Field("", description="Levels of assurance (acr) of which one is demanded, by commas.")
    oidc_amr: str = Field("", description="Ways of authentication (amr) that are all demanded, by commas.")
    oidc_cafile: Path | None = Field(None, description="Authorities to trust for the provider.")
    demo_cases: int = Field(187, ge=1, le=500, description="How many cases a new demo has.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much the log says.")

    @field_validator("public_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an address that begins with http:// or https://")
        return value.rstrip("/")

    @field_validator("flower_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("an address that begins with http:// or https://")
        return value

    @field_validator("deadman_url", "head_url")
    @classmethod
    def _secured_address(cls, value: str) -> str:
        if value and not value.startswith("https://"):
            raise ValueError("an address that begins with https://")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _trusted_issuer(cls, value: str) -> str:
        if value and not _is_secure(value):
            raise ValueError("an address that begins with https:// (http:// on this computer only)")
        return value

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("oidc_issuer and oidc_client_id: both or neither")
        if self.oidc_issuer and "openid" not in self.oidc_scopes.split():
            raise ValueError("oidc_scopes: must hold openid")
        if self.oidc_issuer and not _is_secure(self.public_url):
            raise ValueError("public_url: https:// where a provider sends browsers back to it")
        return self

    @model_validator(mode="after")
    def _secrets_once(self) -> "Settings":
        for name in SECRETS:
            if getattr(self, name).get_secret_value() and getattr(self, f"{name}_file"):
                raise ValueError(f"{name} or {name}_file, not both")
        return self

    @property
    def database(self) -> str:
        """Return the URL of the database in use, with its password where that is kept apart.

        Raises:
            SettingsError: the file of the password cannot be read.
        """
        url = self.database_url or f"sqlite:///{self.data_dir / 'bevaka.sqlite'}"
        password = self.secret("database_password")
        if password is None or "@" not in url:
            return url
        user, _, rest = url.partition("@")
        return f"{user}:{quote(password, safe='')}@{rest}"

    @property
    def keyring(self) -> Path:
        """Return the key file in use."""
        return self.keyring_file or self.data_dir / "keyring.json"

    @property
    def password(self) -> str | None:
        """Return the mail password, from wherever it is kept; raises `SettingsError`."""
        return self.secret("smtp_password")

    def secret(self, name: str) -> str | None:
        """Return one of `SECRETS` from wherever it is kept; None where there is none.

        Raises:
            SettingsError: its file cannot be read.
        """
        file: Path | None = getattr(self, f"{name}_file")
        if file is None:
            value: str = getattr(self, name).get_secret_value()
            return value or None
        try:
            return file.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            raise SettingsError(((f"{name}_file", "a file of text that can be read"),)) from None


def read_settings(**overrides: object) -> Settings:
    """Read the settings; `overrides` win over the environment.

    Raises:
        SettingsError: with every bad setting at once.
    """
    try:
        return Settings(_env_file=os.environ.get("BEVAKA_ENV"), **overrides)  # type: ignore[arg-type,call-arg]
    except ValidationError as error:
        problems = tuple((_name(entry["loc"]), entry["msg"].removeprefix("Value error, ")) for entry in error.errors())
        raise SettingsError(problems) from None


def _name(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else "settings"


def _is_secure(address: str) -> bool:
    """Say whether an address is https, or of this computer."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))
