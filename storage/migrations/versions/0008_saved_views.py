"""Saved views of the caseload, and the indexes by which it is counted and paged at a million."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
OPEN_CASE = sa.text("closed_at IS NULL")
STILL = sa.text("status = 'open' AND paused")


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_view_staff_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_saved_view_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_staff_id"), "saved_view", ["staff_id"])
    op.create_index(op.f("ix_saved_view_unit_id"), "saved_view", ["unit_id"])
    op.create_index("uq_saved_view_staff_id_name", "saved_view", ["staff_id", "name"], unique=True)
    op.create_table(
        "default_view",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("view_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_default_view_staff_id")),
        sa.ForeignKeyConstraint(
            ["view_id"], ["saved_view.id"], name=op.f("fk_default_view_view_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_default_view")),
    )
    op.create_index(op.f("ix_default_view_view_id"), "default_view", ["view_id"])
    op.create_index(
        "ix_case_at_work",
        "case",
        ["unit_id", "coordinator_id", "handler_id", "id"],
        postgresql_where=OPEN_CASE,
        sqlite_where=OPEN_CASE,
    )
    op.create_index("ix_deadline_still", "deadline", ["case_id"], postgresql_where=STILL, sqlite_where=STILL)


def downgrade() -> None:
    op.drop_index("ix_deadline_still", "deadline")
    op.drop_index("ix_case_at_work", "case")
    op.drop_table("default_view")
    op.drop_table("saved_view")
