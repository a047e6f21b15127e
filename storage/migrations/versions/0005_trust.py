"""Trust: consents, disclosures, a chained access log, reviews of it, and signed heads of the histories."""

import re
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
FACT = re.compile(r"consent\.([a-z0-9_]+?)_to_([a-z0-9_]+)")
UNTIL = "consent_until"


def upgrade() -> None:
    # Additive: a program of the former schema goes on working while the next one takes over.
    _consents()
    _log()
    _heads()
    op.add_column("person", sa.Column("protected", sa.Boolean(), nullable=True))
    _record_what_was_known()


def _consents() -> None:
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("giver", sa.String(length=20), nullable=False),
        sa.Column("from_party", sa.String(length=40), nullable=False),
        sa.Column("to_party", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_consent_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_consent_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_case_id"), "consent", ["case_id"])
    op.create_table(
        "disclosure",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("to_party", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("recipient_id", ID, nullable=True),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("consents", JSON, nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_disclosure_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_disclosure_case_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["staff.id"], name=op.f("fk_disclosure_recipient_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_disclosure")),
    )


def _log() -> None:
    op.add_column("access_log", sa.Column("unit_id", ID, nullable=True))
    op.add_column("access_log", sa.Column("reason", sa.String(length=40), nullable=True))
    op.add_column("access_log", sa.Column("shard", sa.Integer(), nullable=True))
    op.add_column("access_log", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("access_log", sa.Column("hash", sa.String(length=64), nullable=True))
    op.create_index("uq_access_log_shard_number", "access_log", ["shard", "number"], unique=True)
    op.create_index("ix_access_log_at", "access_log", ["at"])
    op.create_table(
        "log_review",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("conclusion", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["staff.id"], name=op.f("fk_log_review_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_review")),
    )


def _heads() -> None:
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("logs", JSON, nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "chain_witness",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_chain_witness_case_id")),
        sa.ForeignKeyConstraint(["head_id"], ["chain_head.id"], name=op.f("fk_chain_witness_head_id")),
        sa.PrimaryKeyConstraint("head_id", "case_id", name=op.f("pk_chain_witness")),
    )
    op.create_index(op.f("ix_chain_witness_case_id"), "chain_witness", ["case_id", "seq"])


def _record_what_was_known() -> None:
    """Give every case that holds a consent a row of it: what was agreed on beyond coordination nobody has said."""
    case = sa.table(
        "case", sa.column("id"), sa.column("seq"), sa.column("opened_at", INSTANT), sa.column("snapshot", JSON)
    )
    consent = sa.table(
        "consent",
        *(sa.column(name) for name in ("case_id", "giver", "from_party", "to_party", "recipient", "purpose", "form")),
        sa.column("groups", JSON),
        sa.column("valid_from", sa.Date()),
        sa.column("valid_until", sa.Date()),
        sa.column("recorded_at", INSTANT),
        *(sa.column(name) for name in ("seq", "actor")),
    )
    connection = op.get_bind()
    found = connection.execute(sa.select(case.c.id, case.c.seq, case.c.opened_at, case.c.snapshot))
    while rows := found.fetchmany(1000):
        known = [known for row in rows for known in _known(row)]
        if known:
            connection.execute(sa.insert(consent), known)


def _known(row: sa.Row) -> list[dict[str, object]]:  # type: ignore[type-arg]
    data = row.snapshot.get("data", {})
    held = [FACT.fullmatch(name) for name, value in data.items() if value is True]
    opened_at: datetime = row.opened_at
    until = (data.get(UNTIL) or {}).get("d")
    first = opened_at.date()
    last = max(first, date.fromisoformat(until)) if until else first + timedelta(days=365)
    return [
        {
            "case_id": row.id,
            "giver": "person",
            "from_party": fact[1],
            "to_party": fact[2],
            "recipient": "handler",
            "purpose": "coordination",
            "form": "unstated",
            "groups": ["meetings"],
            "valid_from": first,
            "valid_until": last,
            "recorded_at": opened_at,
            "seq": row.seq,
            "actor": "system",
        }
        for fact in held
        if fact
    ]


def downgrade() -> None:
    op.drop_column("person", "protected")
    op.drop_table("chain_witness")
    op.drop_table("chain_head")
    op.drop_table("log_review")
    op.drop_index("ix_access_log_at", "access_log")
    op.drop_index("uq_access_log_shard_number", "access_log")
    for name in ("hash", "number", "shard", "reason", "unit_id"):
        op.drop_column("access_log", name)
    op.drop_table("disclosure")
    op.drop_table("consent")
