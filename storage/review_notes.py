"""Rows of signed reviews as a list, and what their reviewers noted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.feed_tables import review_note
from storage.tables import staff
from storage.trust_tables import log_review


def insert_note(connection: Connection, review_id: int, note: str) -> None:
    """Keep what was noted with the protocol of a review."""
    connection.execute(insert(review_note).values(review_id=review_id, note=note))


def signed_reviews(connection: Connection, reviewer_id: int | None, limit: int) -> Sequence[Any]:
    """Return the newest protocols with their notes, of one reviewer or (None) of all."""
    columns = (log_review.c.id, log_review.c.at, log_review.c.since, log_review.c.until, log_review.c.conclusion)
    query = (
        select(*columns, log_review.c.lines, staff.c.name.label("reviewer"), review_note.c.note)
        .join(staff, staff.c.id == log_review.c.reviewer_id)
        .outerjoin(review_note, review_note.c.review_id == log_review.c.id)
        .order_by(log_review.c.id.desc())
        .limit(limit)
    )
    return connection.execute(
        query if reviewer_id is None else query.where(log_review.c.reviewer_id == reviewer_id)
    ).all()
