"""The tables behind the pages of the house: calendar feeds, and what people decided about messages and reviews."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, text

from storage.columns import Id, Instant
from storage.metadata import metadata

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),  # of the secret in its address, which is told once
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    Column("counted_from", Instant),  # since when `asked` counts: the feed answers so many times an hour
    Column("asked", Integer, nullable=False, server_default=text("0")),
)

message_decision = Table(
    "message_decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", ForeignKey("staff.id")),
    Column("actor", String(40), nullable=False),
    Column("decision", String(20), nullable=False),  # "retried", "rerouted"
    Column("error", String(40)),  # what it had failed with when this was decided
    Column("slot", String(60)),  # where it was sent instead
)

review_note = Table(
    "review_note",
    metadata,
    Column("review_id", ForeignKey("log_review.id"), primary_key=True, autoincrement=False),
    Column("note", String(500), nullable=False),
)
