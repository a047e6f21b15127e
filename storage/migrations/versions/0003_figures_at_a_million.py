"""Indexes for the figures of a large house: open cases by version, and messages that were given up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DEAD = sa.text("state = 'dead'")
OPEN_CASE = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_outbox_dead", "outbox", ["done_at", "id"], postgresql_where=DEAD, sqlite_where=DEAD)
    op.create_index(
        "ix_case_open", "case", ["programme", "version"], postgresql_where=OPEN_CASE, sqlite_where=OPEN_CASE
    )


def downgrade() -> None:
    op.drop_index("ix_case_open", "case")
    op.drop_index("ix_outbox_dead", "outbox")
