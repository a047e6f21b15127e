"""Ticks taken by clocks, and the house's few settings."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import setting, tick


def take_tick(connection: Connection, name: str, at: datetime) -> bool:
    """Take a tick; say whether nobody else had. So any number of clocks may run."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(tick).values(name=name, at=at).on_conflict_do_nothing().returning(tick.c.name)
    return connection.execute(statement).first() is not None


def drop_ticks(connection: Connection, before: datetime) -> None:
    """Forget old ticks."""
    connection.execute(delete(tick).where(tick.c.at < before))


def read_setting(connection: Connection, name: str) -> Any:
    """Return a setting's JSON value, None when it was never written."""
    return connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar_one_or_none()


def write_setting(connection: Connection, name: str, value: Any) -> None:
    """Write a setting."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(setting).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
