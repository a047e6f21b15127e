"""Indexes for whoever counts: the figures cost the same however many cases have been closed and messages have left."""

from sqlalchemy import Index, text

from storage import page_tables
from storage.tables import case, metadata, outbox

__all__ = ["metadata", "page_tables"]  # of the tables, with these

DEAD = text("state = 'dead'")
OPEN_CASE = text("closed_at IS NULL")
FAILED = text("outcome = 'failed'")

# Few, however many messages there have been.
Index("ix_outbox_dead", outbox.c.done_at, outbox.c.id, postgresql_where=DEAD, sqlite_where=DEAD)
Index("ix_outbox_failed", outbox.c.id, postgresql_where=FAILED, sqlite_where=FAILED)
# Read alone, without the cases and their snapshots. No event changes its columns, so it costs none anything.
Index("ix_case_open", case.c.programme, case.c.version, postgresql_where=OPEN_CASE, sqlite_where=OPEN_CASE)
