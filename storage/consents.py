"""Rows of consents and disclosures. Whoever writes them holds the case."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, insert, select, update

from storage.outbox import QUEUED
from storage.tables import case, outbox
from storage.trust_tables import consent, disclosure


def insert_consent(connection: Connection, row: Mapping[str, Any]) -> None:
    """Record a consent."""
    connection.execute(insert(consent).values(**row))


def consents_of(connection: Connection, case_ids: Sequence[int]) -> list[Row[Any]]:
    """Return every consent ever recorded for these cases, in the order of recording."""
    query = select(consent).where(consent.c.case_id.in_(case_ids))
    return list(connection.execute(query.order_by(consent.c.case_id, consent.c.id)))


def end_consents(connection: Connection, ids: Collection[int], ended: str, at: datetime) -> None:
    """Let consents end at an instant, for good."""
    if ids:
        connection.execute(update(consent).where(consent.c.id.in_(ids)).values(ended=ended, ended_at=at))


def consented(today: date, now: datetime, purposes: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `case` that a consent for one of these purposes is in force on a Stockholm day."""
    given = consent.alias()
    return (
        exists()
        .where(
            given.c.case_id == case.c.id,
            given.c.purpose.in_(sorted(purposes)),
            given.c.valid_from <= today,
            given.c.valid_until >= today,
            given.c.ended_at.is_(None) | (given.c.ended_at > now),
        )
        .correlate(case)
    )


def insert_disclosure(connection: Connection, row: Mapping[str, Any]) -> None:
    """Record a disclosure."""
    connection.execute(insert(disclosure).values(**row))


def disclosures_of(connection: Connection, case_id: int) -> list[Row[Any]]:
    """Return the disclosures of a case, oldest first."""
    query = select(disclosure).where(disclosure.c.case_id == case_id)
    return list(connection.execute(query.order_by(disclosure.c.seq)))


def queued_about(connection: Connection, case_id: int) -> list[Row[Any]]:
    """Return the unsent messages about a case, locked."""
    query = select(outbox).where(outbox.c.case_id == case_id, outbox.c.state == QUEUED)
    return list(connection.execute(query.order_by(outbox.c.id).with_for_update()))
