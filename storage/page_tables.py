"""The tables of the pages: lists of cases kept under a name, and the indexes by which a caseload is read."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, text

from storage.columns import Id, Instant, Json
from storage.metadata import metadata
from storage.tables import case, deadline

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),  # whose it is
    Column("unit_id", ForeignKey("unit.id"), index=True),  # shared with whoever works there; NULL: her own
    Column("name", String(60), nullable=False),
    Column("filters", Json, nullable=False),  # the list's address, taken apart: controlled words, never a person's
    Column("created_at", Instant, nullable=False),
)
Index("uq_saved_view_staff_id_name", saved_view.c.staff_id, saved_view.c.name, unique=True)

default_view = Table(
    "default_view",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("view_id", ForeignKey("saved_view.id", ondelete="CASCADE"), nullable=False, index=True),
)

# A unit's or a coordinator's open cases without their snapshots: what the caseload looks through and counts. No event
# changes these columns, so it costs none anything.
OPEN_CASE = text("closed_at IS NULL")
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
