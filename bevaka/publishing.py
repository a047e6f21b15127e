"""Publishing what comes with the program."""

from datetime import datetime

from engine.parts import Engine
from engine.rulebook import publish
from workflows.catalogue import load_packaged, packaged


def publish_packaged(engine: Engine, now: datetime) -> int:
    """Publish the packaged programmes that are not published yet; return how many were new.

    Raises:
        DefinitionChangedError: one is published with other content under the same version.
    """
    with engine.database.write() as connection:
        return sum(publish(connection, load_packaged(name), now) for name in packaged())
