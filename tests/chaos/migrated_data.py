"""A house with data that is taken back to every earlier schema and forth again, twice."""

import time
from dataclasses import dataclass

from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from engine.auditing import unaccounted
from engine.delivering import deliver
from engine.replaying import replay_all
from engine.sweeping import sweep
from storage import schema
from storage.backups import Content, content_of
from storage.database import Database
from storage.tables import metadata
from tests.chaos.virtual_time import house_on
from tests.house import moment

FIRST = moment("2024-02-15")  # of cases decided on 2024-01-31: the coordinator is reminded
SENT = 100  # messages that leave before; the others wait


@dataclass(frozen=True, slots=True)
class Migrated:
    """What going back and forth showed.

    Attributes:
        ways: how many migrations were run, down or up.
        unequal: tables whose content was not the same afterwards.
        longest: seconds of the longest migration.
        diverging: cases that do not follow from their histories afterwards.
    """

    kind: str
    cases: int
    rows: int
    ways: int
    unequal: tuple[str, ...]
    longest: float
    diverging: int
    gaps: int


def revisions() -> list[str]:
    """Return the schema's revisions, the newest first."""
    scripts = ScriptDirectory(str(schema.SCRIPTS))
    return [script.revision for script in scripts.walk_revisions()]


def back_and_forth(kind: str, url: str, cases: int) -> Migrated:
    """Fill a house, and for every earlier schema go down, up, down and up again; compare what both schemas know."""
    with house_on(url) as house:
        house.open_many(cases, "2024-01-31")
        sweep(house.engine, FIRST)
        deliver(house.engine, FIRST, limit=SENT, most=SENT)
        database = house.engine.database
        unequal: set[str] = set()
        took: list[float] = []
        rows = 0
        for target in revisions()[1:]:
            took.append(_timed_down(database, target))
            columns = _columns(database)
            before = _contents(database, columns)
            for _ in range(2):
                took += [_timed_up(database), _timed_down(database, target)]
            after = _contents(database, columns)
            took.append(_timed_up(database))
            unequal |= {name for name in before if before[name] != after[name]}
            unequal |= {name for name, content in _contents(database, columns).items() if content != before[name]}
            rows = sum(content.rows for content in before.values())
        diverging = len(replay_all(house.engine, FIRST).divergences)
        return Migrated(
            kind,
            cases,
            rows,
            len(took),
            tuple(sorted(unequal)),
            max(took),
            diverging,
            len(unaccounted(house.engine, FIRST)),
        )


def _timed_down(database: Database, revision: str) -> float:
    began = time.monotonic()
    schema.downgrade(database, revision)
    return time.monotonic() - began


def _timed_up(database: Database) -> float:
    began = time.monotonic()
    schema.upgrade(database)
    return time.monotonic() - began


def _columns(database: Database) -> dict[str, list[str]]:
    found = inspect(database.engine)
    names = [name for name in found.get_table_names() if name != "alembic_version"]
    return {name: [column["name"] for column in found.get_columns(name)] for name in names}


def _contents(database: Database, columns: dict[str, list[str]]) -> dict[str, Content]:
    with database.read() as connection:
        return {name: content_of(connection, metadata.tables[name], wanted) for name, wanted in columns.items()}
