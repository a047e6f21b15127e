"""Teams connections that asked to be left alone (Retry-After): until when, by unit, seen by every postman."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from storage.tables import setting
from storage.ticks import read_setting, write_setting


def rest(connection: Connection, unit_id: int, until: datetime) -> None:
    """Leave a unit's connection alone until an instant (UTC), or longer where it has asked for longer before."""
    before = read_setting(connection, _name(unit_id))
    if before is None or datetime.fromisoformat(before) < until:
        write_setting(connection, _name(unit_id), until.astimezone(UTC).isoformat())


def resting(connection: Connection, unit_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Return until when (UTC) each of these units' connections is to be left alone, of those that are."""
    names = {_name(unit_id): unit_id for unit_id in unit_ids}
    query = select(setting.c.name, setting.c.value).where(setting.c.name.in_(names))
    found = {names[row.name]: datetime.fromisoformat(row.value) for row in connection.execute(query)}
    return {unit_id: until for unit_id, until in found.items() if until > now}


def _name(unit_id: int) -> str:
    return f"rest:{unit_id}"
