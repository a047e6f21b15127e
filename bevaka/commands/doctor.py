"""`bevaka doctor`: what could make somebody be forgotten, and how to mend it. Sends nothing."""

import stat
from collections.abc import Iterator
from pathlib import Path

import typer
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from bevaka import console
from bevaka.clock import clock_of
from bevaka.commands.options import AsJson
from bevaka.entry import settings_read
from bevaka.error_words import REFUSED, words
from bevaka.language import said, t
from bevaka.wiring import KeyringMissingError, build_engine, teams_settings
from config.settings import SettingsError
from demo.clock import DemoClock
from engine.doctoring import check_database, examine
from engine.findings import Finding, Health, error, fine
from storage.database import Database
from workflows.errors import BevakaError
from workflows.model import Text

MARKS = {Health.OK: "ok", Health.WARN: "varning", Health.ERROR: "fel"}
ENGLISH = {Health.OK: "ok", Health.WARN: "warning", Health.ERROR: "error"}


def doctor(as_json: AsJson = False) -> None:
    """Look at settings, keys, database, definitions, people, clock, messages and channels. Sends nothing."""
    found = list(_findings())
    if as_json:
        console.data([_as_data(finding) for finding in found])
    else:
        for finding in found:
            console.say(f"{t(MARKS[finding.health], ENGLISH[finding.health])}: {finding.check}: {said(finding.said)}")
            if finding.mend is not None:
                console.say(f"    → {said(finding.mend)}")
    if any(finding.health is Health.ERROR for finding in found):
        raise typer.Exit(REFUSED)


def _as_data(finding: Finding) -> dict[str, object]:
    mend = {"sv": finding.mend.sv, "en": finding.mend.en} if finding.mend else None
    return {
        "check": finding.check,
        "health": finding.health,
        "said": {"sv": finding.said.sv, "en": finding.said.en},
        "mend": mend,
    }


def _findings() -> Iterator[Finding]:
    """Give what is found, from the ground up: what stands on something broken is not looked at."""
    try:
        settings = settings_read()
    except SettingsError as problem:
        yield _told("settings", problem)
        return
    yield fine("settings", "inställningarna går att använda", "the settings can be used")
    yield from _keyring(settings.keyring)
    missing = _missing_file(settings.database)
    if missing is not None:
        yield missing
        return
    try:
        database = check_database(Database(settings.database))
        yield database
        engine = build_engine(settings) if database.health is Health.OK and settings.keyring.exists() else None
    except (ArgumentError, NoSuchModuleError):
        said_ = Text("BEVAKA_DATABASE_URL går inte att tolka", "BEVAKA_DATABASE_URL cannot be read")
        yield error(
            "database",
            said_,
            Text("sqlite:///fil eller postgresql+psycopg://…", "sqlite:///file or postgresql+psycopg://…"),
        )
        return
    except BevakaError as problem:
        yield _told("wiring", problem)
        return
    if engine is not None:
        clock = clock_of(engine.database)
        is_demo = isinstance(clock, DemoClock)
        yield from examine(engine, None if is_demo else teams_settings(settings), clock())
        if is_demo:
            sv, en = "demon skickar bara till sin egen brevlåda", "the demo sends to its own mailbox alone"
            yield fine("channels", sv, en)


def _missing_file(url: str) -> Finding | None:
    """Say that a SQLite database has not been made yet: connecting would make an empty one."""
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or path.exists():
        return None
    said_ = Text(f"databasen {path} finns inte än", f"there is no database {path} yet")
    return error("database", said_, Text("kör `bevaka migrate`", "run `bevaka migrate`"))


def _told(check: str, problem: BevakaError) -> Finding:
    mend = Text("rätta det och kör `bevaka doctor` igen", "mend it and run `bevaka doctor` again")
    return error(check, Text(words(problem), words(problem)), mend)


def _keyring(path: Path) -> Iterator[Finding]:
    """Find a key file that others may read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        yield _told("keyring", KeyringMissingError(path))
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        said_ = Text(f"nyckelfilen är läsbar för fler än ägaren ({mode:o})", f"others may read the key file ({mode:o})")
        yield error("keyring", said_, Text(f"`chmod 600 {path}`", f"`chmod 600 {path}`"))
    else:
        yield fine("keyring", "nyckelfilen är bara ägarens", "the key file is its owner's alone")
