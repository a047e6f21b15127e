"""Who may what: whose glass was broken by whom, until when, and what a review of it came to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Additive: a program of the former schema goes on working while the next one takes over.
    op.create_table(
        "break_glass",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=True),
        sa.Column("reviewer_id", ID, nullable=True),
        sa.Column("conclusion", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_break_glass_case_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["staff.id"], name=op.f("fk_break_glass_reviewer_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_break_glass_staff_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_break_glass")),
    )
    op.create_index("ix_break_glass_at", "break_glass", ["at"])


def downgrade() -> None:
    op.drop_table("break_glass")
