"""Publishing what comes with the program."""

from datetime import datetime
from hashlib import sha256

from engine.parts import Engine
from engine.rulebook import publish
from storage.ticks import read_setting, write_setting
from workflows.catalogue import load_packaged, packaged, packaged_text

SETTING = "packaged"


def publish_packaged(engine: Engine, now: datetime) -> int:
    """Publish the packaged programmes that are not published yet; return how many were new.

    Raises:
        DefinitionChangedError: one is published with other content under the same version.
    """
    texts = "\n".join(packaged_text(name) for name in packaged())
    digest = sha256(texts.encode()).hexdigest()
    with engine.database.write() as connection:
        if read_setting(connection, SETTING) == digest:
            return 0  # to read and check them again takes a third of a second of every start
        new = sum(publish(connection, load_packaged(name), now) for name in packaged())
        write_setting(connection, SETTING, digest)
    return new
