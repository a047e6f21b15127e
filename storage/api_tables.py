"""The tables of the REST API: answers kept for repeated requests, allowances, webhooks and what is posted to them."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from storage.columns import Id, Instant
from storage.metadata import metadata

kept_answer = Table(
    "kept_answer",
    metadata,
    Column("token_id", ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # keyed: a request may hold somebody's number
    Column("sealed", LargeBinary, nullable=False),  # status, headers and body: they may hold a secret told once
    Column("at", Instant, nullable=False, index=True),
)

api_usage = Table(
    "api_usage",
    metadata,
    Column("token_id", ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("minute", Instant, nullable=False),
    Column("used", Integer, nullable=False),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Id, primary_key=True),
    Column("label", String(300), nullable=False),  # its origin and four digits of a hash: all that is shown
    Column("sealed_url", LargeBinary, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("removed", Boolean, nullable=False, server_default=false()),  # its messages stay to be looked at
    Column("created_at", Instant, nullable=False),
    Column("rests_until", Instant),  # after a failure: one that is away holds up no other
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("webhook_id", ForeignKey("webhook.id"), primary_key=True, autoincrement=False),
    Column("event", String(60), primary_key=True),  # "*": every one
)

webhook_message = Table(
    "webhook_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.id"), nullable=False),
    Column("case_id", ForeignKey("case.id"), nullable=False),
    Column("seq", Integer, nullable=False),  # of the event in the history of its case
    Column("event", String(60), nullable=False),
    Column("case_state", String(60), nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", String(10), nullable=False, server_default="queued"),  # then sending, done, dead
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("not_before", Instant, nullable=False),
    Column("lease", Integer, nullable=False, server_default=text("0")),
    Column("leased_until", Instant),
    Column("error", String(60)),
    Column("done_at", Instant),
    UniqueConstraint("webhook_id", "case_id", "seq"),
)
_WAITS = text("status IN ('queued', 'sending')")
Index("ix_webhook_message_waiting", webhook_message.c.not_before, postgresql_where=_WAITS, sqlite_where=_WAITS)
