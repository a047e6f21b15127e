"""Whether this program can serve, and how the house is. Every definition that a case is pinned to must compile here."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from engine.metrics import Metrics, read_metrics
from engine.parts import Engine
from storage.errors import SchemaError
from storage.schema import require_newest
from storage.tables import case

AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)
"""What any use case raises while the database is away, full or overwhelmed. The same may succeed later."""


def require_servable(engine: Engine, now: datetime) -> int:
    """Compile every definition that an open case is pinned to; return how many there are.

    Raises:
        DefinitionMissingError: a version that cases are pinned to was never published.
        DefinitionErrors: this program cannot read it.
    """
    with engine.database.read() as connection:
        pinned = select(case.c.programme, case.c.version).where(case.c.closed_at.is_(None)).distinct()
        versions = connection.execute(pinned).all()
        for programme, version in versions:
            engine.rulebook.rules(connection, programme, version, now)
    return len(versions)


def is_ready(engine: Engine) -> bool:
    """Say whether the database answers and has this program's schema. Never raises for what an operator can mend."""
    try:
        require_newest(engine.database)
    except (SchemaError, SQLAlchemyError):
        return False
    return True


def figures_of(engine: Engine, now: datetime) -> Metrics:
    """Return the house's figures at `now` (UTC), read in one transaction."""
    with engine.database.read() as connection:
        return read_metrics(connection, now)
