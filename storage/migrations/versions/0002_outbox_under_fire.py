"""The outbox under fire: leases that ran out are counted, messages can be held and grouped, channels pause."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Additive: a program of 0001 goes on working while the next one takes over.
    op.create_table(
        "circuit",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("trips", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_circuit")),
    )
    op.add_column("outbox", sa.Column("lost", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("outbox", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))


def downgrade() -> None:
    for name in ("post_id", "held_at", "lost"):
        op.drop_column("outbox", name)
    op.drop_table("circuit")
