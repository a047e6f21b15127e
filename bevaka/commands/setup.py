"""`bevaka keys`, `bevaka migrate`, `bevaka run`: what there must be before anything else, and starting."""

import os
from pathlib import Path
from typing import Annotated

import typer

from access.keyring import new_keyring_json, rotated_keyring_json
from bevaka import console
from bevaka.commands.options import group
from bevaka.entry import settings_read
from bevaka.error_words import REFUSED
from bevaka.language import t
from bevaka.wiring import KeyringMissingError
from storage import schema
from storage.database import Database

keys = group("Nyckelfilen som personuppgifter är förseglade med.", "The key file that seals identities.")

OWNER_ONLY = 0o600


@keys.command("new", help=t("Gör en nyckelfil; skriver aldrig över en.", "Make a key file; never over an old one."))
def new_keys() -> None:
    """Make a key file where there is none."""
    path = settings_read().keyring
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        console.tell(t(f"{path} finns redan och rörs inte", f"{path} is there already and is left alone"))
        raise typer.Exit(REFUSED) from None
    with os.fdopen(file, "w", encoding="utf-8") as keyring:
        keyring.write(new_keyring_json())
    console.say(str(path))
    console.tell(
        t(
            "Förvara en kopia skild från databasens säkerhetskopior: utan nyckeln går ingen person att läsa.",
            "Keep a copy apart from the database's backups: without it no person can be read.",
        )
    )


@keys.command("rotate", help=t("Lägg till en ny nyckel; de gamla finns kvar.", "Add a new key; the old ones stay."))
def rotate_keys() -> None:
    """Add a new key that seals from now on; the old ones stay for what they have sealed."""
    path = settings_read().keyring
    if not path.exists():
        raise KeyringMissingError(path)
    _replace(path, rotated_keyring_json(path.read_text(encoding="utf-8")))
    console.say(str(path))


def _replace(path: Path, text: str) -> None:
    """Write beside and rename: a crash leaves the old keys or the new ones, never half a file."""
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def migrate() -> None:
    """Bring the database to this program's schema; nothing happens when it is there already."""
    settings = settings_read()
    if settings.database.startswith("sqlite:///"):
        Path(settings.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    before = schema.current_revision(database)
    schema.upgrade(database)
    after = schema.current_revision(database)
    console.say(f"{before or '–'} → {after}")


def run(
    demo: Annotated[bool, typer.Option("--demo", help=t("Med påhittade ärenden.", "With invented cases."))] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535)] = 8420,
    flower: Annotated[bool, typer.Option("--flower", help=t("Visa också Flower.", "Show Flower as well."))] = False,
    flower_port: Annotated[int, typer.Option("--flower-port", min=0, max=65_535)] = 5555,
) -> None:
    """Run everything in one process: pages, clock, messages. Ctrl-C stops it."""
    from bevaka.running import run as run_house  # noqa: PLC0415 - the web server is slow to load, and only needed here

    run_house(settings_read(), demo=demo, port=port, flower=flower_port if flower else None)
