"""`bevaka backup` and `bevaka restore`: one file in, one file out; the key file is never part of it."""

from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from access.actors import OPERATOR
from bevaka import console
from bevaka.clock import clock_of
from bevaka.entry import enter, settings_read
from bevaka.language import t
from engine.backing_up import back_up
from engine.backing_up import restore as restore_house
from notifications.channels.clock import utc_now
from storage.database import Database

File = Annotated[Path, typer.Argument(metavar="FIL", help=t("Säkerhetskopian.", "The backup."))]


def backup(path: File) -> None:
    """Write everything but the key file to a new file, while the house goes on."""
    entry = enter()
    made = back_up(entry.engine.database, path, entry.actor, clock_of(entry.engine.database)().astimezone(UTC))
    console.say(
        t(f"{path}: {made.rows} rader, schema {made.revision}", f"{path}: {made.rows} rows, schema {made.revision}")
    )
    console.tell(
        t(
            "Nyckelfilen ingår inte: förvara en kopia av den någon annanstans.",
            "The key file is not part of it: keep a copy of that elsewhere.",
        )
    )


def restore(path: File) -> None:
    """Put a backup into an empty database; the house is on hold until `bevaka release-hold`."""
    settings = settings_read()
    if settings.database.startswith("sqlite:///"):
        Path(settings.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    with closing(Database(settings.database)) as database:
        made = restore_house(database, path, OPERATOR, utc_now())
    console.say(
        t(f"{made.rows} rader från {made.at:%Y-%m-%d %H:%M} UTC", f"{made.rows} rows of {made.at:%Y-%m-%d %H:%M} UTC")
    )
    console.tell(
        t(
            "Ingenting skickas ännu: kör `bevaka replay`, och sedan `bevaka release-hold`.",
            "Nothing is sent yet: run `bevaka replay`, then `bevaka release-hold`.",
        )
    )
