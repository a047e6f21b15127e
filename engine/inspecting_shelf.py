"""The rules looked up while one page is read: each version once, however many cases are pinned to it."""

from datetime import datetime

from sqlalchemy import Connection

from engine.parts import Engine
from workflows.model import Definition, Text
from workflows.planning import Rules


class Shelf:
    """Rules by programme and version, for the length of one reading."""

    def __init__(self, engine: Engine, connection: Connection, now: datetime) -> None:
        self._engine = engine
        self._connection = connection
        self._now = now
        self._taken: dict[tuple[str, str], Rules] = {}

    def rules(self, programme: str, version: str) -> Rules:
        """Return the rules of a version; raises `DefinitionMissingError` as the rulebook does."""
        key = (programme, version)
        if key not in self._taken:
            self._taken[key] = self._engine.rulebook.rules(self._connection, programme, version, self._now)
        return self._taken[key]

    def definition(self, programme: str, version: str) -> Definition:
        """Return the definition of a version."""
        return self.rules(programme, version).definition


def deadline_title(definition: Definition, kind: str) -> Text:
    """Return a deadline's title; a kind that a later version has dropped is called by its name."""
    deadline = definition.deadlines.get(kind)
    return deadline.title if deadline else Text(kind, kind)


def state_title(definition: Definition, state: str) -> Text:
    """Return a state's title; one that a later version has dropped is called by its name."""
    declared = definition.states.get(state)
    return declared.title if declared else Text(state, state)
