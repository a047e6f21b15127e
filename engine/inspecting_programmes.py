"""The programmes and their states by title: what a list of cases can be filtered by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.parts import Engine
from storage import definitions
from workflows.model import Text


@dataclass(frozen=True, slots=True)
class ProgrammeTitles:
    """A programme's title and those of its states and deadlines, as its newest version has them."""

    programme: str
    title: Text
    states: Mapping[str, Text]
    deadlines: Mapping[str, Text]


def programme_titles(engine: Engine, now: datetime) -> tuple[ProgrammeTitles, ...]:
    """Return every published programme, by name."""
    with engine.database.read() as connection:
        newest = [
            engine.rulebook.newest(connection, name, now).definition
            for name in definitions.published_programmes(connection)
        ]
    return tuple(
        ProgrammeTitles(
            d.programme,
            d.title,
            {state.name: state.title for state in d.states.values()},
            {deadline.name: deadline.title for deadline in d.deadlines.values()},
        )
        for d in newest
    )
