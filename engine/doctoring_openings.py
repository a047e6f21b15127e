"""Whether somebody reviews what was opened all the same: a broken glass is looked at within three days."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from engine.breaking_glass import REVIEWED_WITHIN
from engine.findings import Finding, fine, warning
from storage.nearness import count_waiting
from workflows.model import Text


def check_openings(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Count the openings that nobody has reviewed in time."""
    late = count_waiting(connection, now - REVIEWED_WITHIN)
    if late:
        said = Text(f"{late} nödöppningar väntar på granskning sedan mer än tre dygn", f"{late} reviews are overdue")
        mend = Text(
            "en enhetschef eller loggranskare granskar dem: /review eller `bevaka access-log openings`",
            "a unit manager or log reviewer looks at them: /review or `bevaka access-log openings`",
        )
        yield warning("openings", said, mend)
    else:
        yield fine("openings", "inga nödöppningar väntar för länge", "no broken glass waits too long for its review")
