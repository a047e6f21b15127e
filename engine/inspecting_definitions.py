"""The published programmes as their definitions: what a case can know and what can happen to it."""

from datetime import datetime

from engine.parts import Engine
from storage import definitions
from workflows.model import Definition


def newest_definition(engine: Engine, programme: str, now: datetime) -> Definition:
    """Return the newest version of a programme; raises `DefinitionMissingError`."""
    with engine.database.read() as connection:
        return engine.rulebook.newest(connection, programme, now).definition


def newest_definitions(engine: Engine, now: datetime) -> tuple[Definition, ...]:
    """Return the newest version of every published programme, by name."""
    with engine.database.read() as connection:
        names = definitions.published_programmes(connection)
        return tuple(engine.rulebook.newest(connection, name, now).definition for name in names)
