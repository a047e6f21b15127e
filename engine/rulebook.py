"""The definitions and calendars in force: published once, immutable, compiled once per process."""

import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from engine.errors import DefinitionChangedError, DefinitionMissingError
from storage import definitions
from workflows.calendar import Calendar, calendar_named
from workflows.model import Definition
from workflows.planning import Rules
from workflows.reader import definition_from_json


class Rulebook:
    """Finds the rules a case is decided by. Safe to share between threads."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Definition] = {}
        self._lock = threading.Lock()

    def rules(self, connection: Connection, programme: str, version: str, now: datetime) -> Rules:
        """Return a published definition with the calendar in force at an instant.

        Raises:
            DefinitionMissingError: it was never published.
        """
        definition = self.definition(connection, programme, version)
        return Rules(definition, self.calendar(connection, definition.calendar, now))

    def calendar(self, connection: Connection, name: str, now: datetime) -> Calendar:
        """Return a calendar with the closures that had been declared at an instant."""
        return calendar_named(name, frozenset(definitions.closures_declared(connection, now)))

    def newest(self, connection: Connection, programme: str, now: datetime) -> Rules:
        """Return the newest published version of a programme, for cases that are opened now."""
        version = definitions.newest_version(connection, programme)
        if version is None:
            raise DefinitionMissingError(programme, "", definitions.published_programmes(connection))
        return self.rules(connection, programme, version, now)

    def definition(self, connection: Connection, programme: str, version: str) -> Definition:
        """Return a published definition, compiled; raises `DefinitionMissingError`."""
        key = (programme, version)
        with self._lock:
            if key in self._compiled:
                return self._compiled[key]
        source = definitions.find_source(connection, programme, version)
        if source is None:
            raise DefinitionMissingError(programme, version, definitions.published_programmes(connection))
        compiled = definition_from_json(source)
        with self._lock:
            return self._compiled.setdefault(key, compiled)


RulesAt = Callable[[str, datetime], Rules]


def publish(connection: Connection, definition: Definition, now: datetime) -> bool:
    """Publish a definition; say whether it was new.

    Raises:
        DefinitionChangedError: this version is published with other content.
    """
    digest = definitions.find_digest(connection, definition.programme, definition.version)
    if digest is not None and digest != definition.digest:
        raise DefinitionChangedError(definition.programme, definition.version)
    if digest is None:
        definitions.insert_definition(connection, definition, now)
    return digest is None
