"""Indexes for whoever counts: the figures cost the same however many cases have been closed and messages have left."""

from sqlalchemy import Index, text

from storage.tables import case, deadline, metadata, outbox

__all__ = ["metadata"]  # of the tables, with these

DEAD = text("state = 'dead'")
OPEN_CASE = text("closed_at IS NULL")
FAILED = text("outcome = 'failed'")

# Few, however many messages there have been.
Index("ix_outbox_dead", outbox.c.done_at, outbox.c.id, postgresql_where=DEAD, sqlite_where=DEAD)
Index("ix_outbox_failed", outbox.c.id, postgresql_where=FAILED, sqlite_where=FAILED)
# Read alone, without the cases and their snapshots. No event changes its columns, so it costs none anything.
Index("ix_case_open", case.c.programme, case.c.version, postgresql_where=OPEN_CASE, sqlite_where=OPEN_CASE)
# A unit's or a coordinator's open cases without their snapshots: what the caseload looks through and counts.
Index(
    "ix_case_at_work",
    case.c.unit_id,
    case.c.coordinator_id,
    case.c.handler_id,
    case.c.id,
    postgresql_where=OPEN_CASE,
    sqlite_where=OPEN_CASE,
)
STILL = text("status = 'open' AND paused")
Index("ix_deadline_still", deadline.c.case_id, postgresql_where=STILL, sqlite_where=STILL)
