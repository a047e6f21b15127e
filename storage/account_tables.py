"""The tables of who comes in: accounts, sessions, tokens. What opens anything is kept as a hash, or sealed."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from storage.columns import Id, Instant, Json
from storage.metadata import metadata

account = Table(
    "account",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True, autoincrement=False),
    Column("password_hash", String(200), nullable=False),
    Column("sealed_totp", LargeBinary, nullable=False),
    Column("last_step", Integer),  # of the last one-time code accepted: it only grows
    Column("enrolled_at", Instant, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True, autoincrement=False),
    Column("code_hash", String(64), primary_key=True),  # the row goes when the code is used
)

invitation = Table(
    "invitation",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True, autoincrement=False),  # a new one replaces the old
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("sealed_totp", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("stage", String(10), nullable=False),  # "code": the second factor is awaited; "full"
    Column("method", String(10), nullable=False),  # "local", "oidc"
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("proved_at", Instant, nullable=False),  # when who she is was proved last
    Column("tries", Integer, nullable=False, server_default=text("0")),  # wrong codes at this session
    Column("address", String(64), nullable=False),  # keyed hash
    Column("agent", String(40), nullable=False),  # a browser's family, no more
    Column("flashes", Json),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("account", String(64), nullable=False),  # keyed hashes: what was typed may be anything
    Column("address", String(64), nullable=False),
    Column("outcome", String(10), nullable=False),  # "failed", "passed" (one step of two), "entered"
)
Index("ix_sign_in_attempt_account", sign_in_attempt.c.account, sign_in_attempt.c.at)
Index("ix_sign_in_attempt_address", sign_in_attempt.c.address, sign_in_attempt.c.at)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("label", String(80), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scopes", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)

oidc_link = Table(
    "oidc_link",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("issuer", "staff_id"),  # an address that was given to somebody else opens nothing
)

oidc_attempt = Table(
    "oidc_attempt",
    metadata,
    Column("state_hash", String(64), primary_key=True),  # the row goes when the answer comes: it comes once
    Column("session_hash", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # nonce, verifier and where to go on
    Column("expires_at", Instant, nullable=False, index=True),
)
