"""The tables of the pages: lists of cases that somebody has kept under a name."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from storage.columns import Id, Instant, Json
from storage.metadata import metadata

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
