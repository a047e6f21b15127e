"""Whether this program can serve the cases there are: every definition that a case is pinned to must compile here."""

from datetime import datetime

from sqlalchemy import select

from engine.parts import Engine
from storage.tables import case


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
