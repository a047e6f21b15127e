"""The tables. What they promise is in their constraints; how they are used is in the modules beside this one.

A person's identity is in `person` alone. `deadline` has one row per ladder, not per reminder, with a partial index on
what is due: small whatever the history (facts/engine.md §2).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage import account_tables, api_tables, feed_tables, page_tables, trust_tables
from storage.columns import Id, Instant, Json
from storage.metadata import metadata

__all__ = ["access_log", "account_tables", "api_tables", "feed_tables", "metadata", "page_tables", "trust_tables"]

access_log = trust_tables.access_log

# --- what is decided by ---

definition = Table(
    "definition",
    metadata,
    Column("programme", String(60), primary_key=True),
    Column("version", String(30), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
)

closure = Table(
    "closure",
    metadata,
    Column("day", Date, primary_key=True),
    Column("title", String(80), nullable=False),
    Column("declared_at", Instant, nullable=False),
)

# --- who works here ---

unit = Table(
    "unit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("title", String(120), nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("language", String(2), nullable=False, server_default="sv"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("digest", Boolean, nullable=False, server_default=text("true")),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("unit_id", ForeignKey("unit.id")),  # NULL: in every unit
    UniqueConstraint("staff_id", "role", "unit_id"),
)

absence = Table(
    "absence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),  # the last day away
    Column("deputy_id", ForeignKey("staff.id")),
)

team_channel = Table(
    "team_channel",
    metadata,
    Column("id", Id, primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), nullable=False, unique=True),
    Column("sealed_url", LargeBinary, nullable=False),
    Column("label", String(120), nullable=False),  # host and four digits of a hash: all that may be shown
    Column("language", String(2), nullable=False, server_default="sv"),
    Column("refused", Integer, nullable=False, server_default=text("0")),  # in a row; three make it broken
    Column("broken_at", Instant),
)

# --- whom it is about ---

person = Table(
    "person",
    metadata,
    Column("id", String(36), primary_key=True),  # random; the ciphertext is bound to it
    Column("number_index", String(64), nullable=False, unique=True),
    Column("key_id", String(40), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("protected", Boolean),  # skyddade personuppgifter; NULL: not known yet, and then treated as if so
)

case = Table(
    "case",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ref", String(12), nullable=False, unique=True),
    Column("programme", String(60), nullable=False),
    Column("version", String(30), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("decided_on", Date, nullable=False),
    Column("unit_id", ForeignKey("unit.id"), nullable=False, index=True),
    Column("coordinator_id", ForeignKey("staff.id"), index=True),
    Column("handler_id", ForeignKey("staff.id"), index=True),
    Column("state", String(60), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("entry_seq", Integer, nullable=False),
    Column("snapshot", Json, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("head", String(64), nullable=False),  # hash of the last row of its history
    # One decision opens one case, however often its file is read.
    UniqueConstraint("programme", "person_id", "decided_on"),
)

history = Table(
    "history",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", ForeignKey("staff.id")),  # NULL: the actor is no member of staff (system, command line)
    Column("actor", String(40), nullable=False),  # what kind of actor: "staff", "system", "cli"
    Column("event", String(80), nullable=False),
    Column("answers", Json, nullable=False),
    Column("state_before", String(60)),
    Column("state_after", String(60), nullable=False),
    Column("version", String(30), nullable=False),
    Column("hash", String(64), nullable=False),
)

# --- what is watched, and what became of it ---

deadline = Table(
    "deadline",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("kind", String(60), nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("entry_seq", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("status", String(10), nullable=False),  # open, or what it became
    Column("due_on", Date, nullable=False),
    Column("next_rung", Integer, nullable=False),
    Column("next_at", Instant),  # NULL: paused, or no rung left
    Column("quiet", Json),  # [kind, until, seq] while acknowledged or snoozed
    Column("quiet_told", Boolean, nullable=False, server_default=text("true")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("accounted", Integer, nullable=False, server_default=text("0")),  # ledger entries it must have by now
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    UniqueConstraint("case_id", "kind", "occurrence", "entry_seq", "generation"),
)
Index(
    "ix_deadline_due",
    deadline.c.next_at,
    deadline.c.id,
    postgresql_where=deadline.c.next_at.is_not(None),
    sqlite_where=deadline.c.next_at.is_not(None),
)
Index(
    "ix_deadline_open",
    deadline.c.due_on,
    deadline.c.case_id,
    postgresql_where=deadline.c.status == "open",
    sqlite_where=deadline.c.status == "open",
)

ledger = Table(
    "ledger",
    metadata,
    Column("deadline_id", ForeignKey("deadline.id"), primary_key=True),
    Column("rung", String(20), primary_key=True),
    Column("slot", String(60), primary_key=True),
    Column("outcome", String(10), nullable=False),
    Column("reason", String(20)),
    Column("late", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),  # when the rung was accounted for
    Column("settled_at", Instant),  # when it reached its final outcome
    Column("staff_id", ForeignKey("staff.id")),
    Column("message_id", String(120)),
)
Index(
    "ix_ledger_queued",
    ledger.c.decided_at,
    postgresql_where=ledger.c.outcome == "queued",
    sqlite_where=ledger.c.outcome == "queued",
)
Index("ix_ledger_decided", ledger.c.decided_at)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("slot", String(60), nullable=False),
    Column("case_id", ForeignKey("case.id"), index=True),
    Column("deadline_id", ForeignKey("deadline.id")),
    Column("rung", String(20)),
    Column("unit_id", ForeignKey("unit.id")),
    Column("staff_id", ForeignKey("staff.id")),  # whom it went to, once found
    Column("thread", String(120)),  # messages of one thread leave in order (a cancellation after its invitation)
    Column("payload", Json, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("state", String(10), nullable=False, server_default="queued"),  # queued, sending, done, dead
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease", Integer, nullable=False, server_default=text("0")),  # fencing token, raised by every claim
    Column("leased_until", Instant),
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("error", String(40)),
    Column("outcome", String(10)),  # the ledger's words, once done or dead
    Column("reason", String(20)),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("lost", Integer, nullable=False, server_default=text("0")),  # leases in a row that ran out unheard of
    Column("held_at", Instant),  # queued, but waits for a human's decision since then
    Column("post_id", Id),  # the message that led the post they left with, where several left as one
)
Index(
    "ix_outbox_waiting",
    outbox.c.not_before,
    outbox.c.id,
    postgresql_where=outbox.c.state.in_(["queued", "sending"]),
    sqlite_where=outbox.c.state.in_(["queued", "sending"]),
)
Index(
    "ix_outbox_deadline",
    outbox.c.deadline_id,
    postgresql_where=outbox.c.state == "queued",
    sqlite_where=outbox.c.state == "queued",
)
# One person gets one message of a rung, though she may hold two of its roles: the claim sets staff_id, this index
# refuses the second.
Index(
    "uq_outbox_person",
    outbox.c.deadline_id,
    outbox.c.rung,
    outbox.c.staff_id,
    outbox.c.channel,
    unique=True,
    postgresql_where=outbox.c.staff_id.is_not(None) & outbox.c.rung.is_not(None),
    sqlite_where=outbox.c.staff_id.is_not(None) & outbox.c.rung.is_not(None),
)

circuit = Table(
    "circuit",
    metadata,
    Column("channel", String(10), primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("trips", Integer, nullable=False, server_default=text("0")),  # pauses in a row: the wait grows with them
    Column("since", Instant),  # when the first of the failures was
    Column("open_until", Instant),  # nothing but one probe leaves before
)

# --- the house's own ---

tick = Table(
    "tick",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("at", Instant, primary_key=True),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Json, nullable=False),
)

intake = Table(
    "intake",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("programme", String(60), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("actor_id", ForeignKey("staff.id")),
    Column("rows", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
)
