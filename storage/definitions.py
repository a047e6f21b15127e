"""Rows of published definitions, and of the days a clinic is closed beyond the law's holidays."""

from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from storage.tables import closure, definition
from workflows.model import Definition


def insert_definition(connection: Connection, published: Definition, now: datetime) -> None:
    """Keep a definition as published."""
    connection.execute(
        insert(definition).values(
            programme=published.programme,
            version=published.version,
            digest=published.digest,
            source=published.source,
            published_at=now,
        )
    )


def find_source(connection: Connection, programme: str, version: str) -> str | None:
    """Return the canonical JSON of a published definition."""
    query = select(definition.c.source).where(definition.c.programme == programme, definition.c.version == version)
    return connection.execute(query).scalar_one_or_none()


def find_digest(connection: Connection, programme: str, version: str) -> str | None:
    """Return the digest of a published definition."""
    query = select(definition.c.digest).where(definition.c.programme == programme, definition.c.version == version)
    return connection.execute(query).scalar_one_or_none()


def newest_version(connection: Connection, programme: str) -> str | None:
    """Return the version of a programme that was published last."""
    query = select(definition.c.version).where(definition.c.programme == programme)
    newest = query.order_by(definition.c.published_at.desc(), definition.c.version.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none()


def published_programmes(connection: Connection) -> tuple[str, ...]:
    """Return the names of all published programmes."""
    return tuple(
        connection.execute(select(definition.c.programme).distinct().order_by(definition.c.programme)).scalars()
    )


def closures_declared(connection: Connection, now: datetime) -> list[date]:
    """Return the extra days closed that had been declared at an instant."""
    return list(connection.execute(select(closure.c.day).where(closure.c.declared_at <= now)).scalars())


def insert_closure(connection: Connection, day: date, title: str, now: datetime) -> None:
    """Declare a day closed."""
    connection.execute(insert(closure).values(day=day, title=title, declared_at=now))
