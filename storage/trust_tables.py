"""The tables of trust: consents, disclosures, broken glass, who has read about whom, and histories as last signed.

References to cases and staff that must outlive nothing are plain ids: the log has to be kept for at least five years
(HSLF-FS 2016:40 4:9).
"""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table

from storage.columns import Id, Instant, Json
from storage.metadata import metadata

consent = Table(
    "consent",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("giver", String(20), nullable=False),
    Column("from_party", String(40), nullable=False),
    Column("to_party", String(40), nullable=False),
    Column("recipient", String(40), nullable=False),  # a role at that party
    Column("purpose", String(30), nullable=False),
    Column("groups", Json, nullable=False),
    Column("form", String(20), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),  # the last day
    Column("seq", Integer, nullable=False),  # the event of the case that recorded it
    Column("recorded_at", Instant, nullable=False),
    Column("actor_id", ForeignKey("staff.id")),
    Column("actor", String(40), nullable=False),
    Column("ended_at", Instant),
    Column("ended", String(10)),  # "withdrawn" or "replaced"
)

disclosure = Table(
    "disclosure",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # the event of the case: one discloses once
    Column("at", Instant, nullable=False),
    Column("fields", Json, nullable=False),
    Column("to_party", String(40), nullable=False),
    Column("recipient", String(40), nullable=False),
    Column("recipient_id", ForeignKey("staff.id")),
    Column("ground", String(20), nullable=False),
    Column("consents", Json, nullable=False),  # ids; none when the ground is a law
    Column("asked_on", Date),
    Column("actor_id", ForeignKey("staff.id")),
    Column("actor", String(40), nullable=False),
)

access_log = Table(
    "access_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", ForeignKey("staff.id")),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("case_id", ForeignKey("case.id")),
    Column("unit_id", Id),  # from where: the case's unit at that time
    Column("reason", String(40)),
    Column("shard", Integer),  # rows are chained in shards, so that many readers do not wait for each other
    Column("number", Integer),  # in the shard
    Column("hash", String(64)),
)
Index("uq_access_log_shard_number", access_log.c.shard, access_log.c.number, unique=True)
Index("ix_access_log_at", access_log.c.at)

break_glass = Table(
    "break_glass",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # the event of the case, which has the reason
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("unit_id", Id, nullable=False),  # the case's unit at that time: there it is reviewed
    Column("reviewed_at", Instant),
    Column("reviewer_id", ForeignKey("staff.id")),
    Column("conclusion", String(20)),
    Column("note", String(500)),
)
Index("ix_break_glass_at", break_glass.c.at)

log_review = Table(
    "log_review",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("reviewer_id", ForeignKey("staff.id"), nullable=False),
    Column("lines", Json, nullable=False),  # ids of the rows looked at, with what they were picked for
    Column("conclusion", String(20), nullable=False),
    Column("digest", String(64), nullable=False),  # of those rows as they were, and of this protocol
    Column("signature", String(128), nullable=False),
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one after another: two cannot sign the same
    Column("at", Instant, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("logs", Json, nullable=False),  # (number, hash) of the last row of each shard of the access log
    Column("signature", String(128), nullable=False),
)

chain_witness = Table(
    "chain_witness",
    metadata,
    Column("head_id", ForeignKey("chain_head.id"), primary_key=True, autoincrement=False),
    Column("case_id", ForeignKey("case.id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),  # how far the case's history had come
)
Index("ix_chain_witness_case_id", chain_witness.c.case_id, chain_witness.c.seq)
