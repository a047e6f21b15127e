"""The definitions and calendars in force: published once, immutable, compiled once per process."""

import threading
from collections.abc import Callable
from datetime import date, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.engine import Transaction

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
        self._closures: WeakKeyDictionary[Transaction, dict[datetime, frozenset[date]]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def rules(self, connection: Connection, programme: str, version: str, now: datetime) -> Rules:
        """Return a published definition with the calendar in force at an instant.

        Raises:
            DefinitionMissingError: it was never published.
        """
        definition = self.definition(connection, programme, version)
        return Rules(definition, self.calendar(connection, definition.calendar, now))

    def known(self, programme: str, version: str, closures: frozenset[date]) -> Rules | None:
        """Return a definition this process has read before, with a calendar; None when it has not."""
        with self._lock:
            definition = self._compiled.get((programme, version))
        return Rules(definition, calendar_named(definition.calendar, closures)) if definition else None

    def calendar(self, connection: Connection, name: str, now: datetime) -> Calendar:
        """Return a calendar with the closures that had been declared at an instant."""
        return calendar_named(name, self._declared(connection, now))

    def remember_closures(self, connection: Connection, now: datetime, days: frozenset[date]) -> None:
        """Take note of the closures declared at an instant, for the rest of this transaction."""
        transaction = connection.get_transaction()
        if transaction is not None:
            with self._lock:
                self._closures.setdefault(transaction, {})[now] = days

    def _declared(self, connection: Connection, now: datetime) -> frozenset[date]:
        """Return the closures, asked for once in each transaction and never remembered beyond it."""
        transaction = connection.get_transaction()
        known = self._closures.get(transaction, {}).get(now) if transaction is not None else None
        if known is None:
            known = frozenset(definitions.closures_declared(connection, now))
            self.remember_closures(connection, now, known)
        return known

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
