"""The command line: `bevaka …` or `python -m bevaka …`."""

import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from typer.exceptions import TyperException

from bevaka import __version__
from bevaka.commands.options import group
from bevaka.entry import TOLD
from bevaka.error_words import BAD_INPUT, NOT_SET_UP, UNEXPECTED, status, words
from bevaka.language import t
from bevaka.usage_words import usage_words
from workflows.errors import BevakaError

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command, or a group of commands, is found: loaded only when it is asked for, or for the whole help."""

    module: str
    name: str
    help: str = ""  # of a single command; a group brings its own


COMMANDS = {
    "run": Place("setup", "run", t("Kör allt i en process.", "Run everything in one process.")),
    "migrate": Place("setup", "migrate", t("Skapa eller uppdatera databasen.", "Create or update the database.")),
    "web": Place("processes", "web", t("Arbetsplatsen på webben.", "The web workplace.")),
    "worker": Place("processes", "worker", t("En arbetare (skala ut).", "A worker (scaled out).")),
    "clock": Place("processes", "clock", t("En klocka (skala ut).", "A clock (scaled out).")),
    "flower": Place("processes", "flower", t("Flower: vem som arbetar med vad.", "Flower: who works on what.")),
    "keys": Place("setup", "keys"),
    "programmes": Place("programmes", "app"),
    "units": Place("people", "units"),
    "people": Place("people", "people"),
    "staff": Place("accounts", "staff"),
    "token": Place("accounts", "tokens"),
    "channels": Place("people", "channels"),
    "import": Place("importing", "import_file", t("Läs in FK:s beslut från en fil.", "Take in decisions from a file.")),
    "cases": Place("cases", "app"),
    "sweep": Place("time", "sweep", t("Ett varv av klockan.", "One round of the clock.")),
    "deliver": Place("time", "deliver", t("Ett varv av brevbäraren.", "One round of the postman.")),
    "outbox": Place("outbox", "outbox"),
    "release-hold": Place("outbox", "release_hold", t("Låt ett återläst system leva.", "Let a restored house live.")),
    "backup": Place("backup", "backup", t("Säkerhetskopiera till en fil.", "Back up to a file.")),
    "restore": Place("backup", "restore", t("Läs in en säkerhetskopia.", "Restore a backup.")),
    "ledger": Place("ledger", "ledger", t("Vad det blev av varje steg.", "What became of every rung.")),
    "replay": Place("ledger", "replay", t("Spela upp och jämför historiken.", "Replay and compare histories.")),
    "consents": Place("consents", "app"),
    "audit": Place("audit", "app"),
    "access-log": Place("access_log", "app"),
    "doctor": Place("doctor", "doctor", t("Hälsokontroll.", "A check-up.")),
    "demo": Place("demo", "demo"),
}


def build(arguments: list[str]) -> typer.Typer:
    """Return the command line for these arguments: the one command they name, or all of them."""
    app = group("Bevaka: ingen rehabilitering glöms bort.", "Bevaka: no rehabilitation is forgotten.")
    app.callback(invoke_without_command=True)(before)
    named = [word for word in arguments[:1] if word in COMMANDS]
    for name in named or COMMANDS:
        place = COMMANDS[name]
        found = getattr(import_module(f"bevaka.commands.{place.module}"), place.name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name, help=place.help)(found)
    return app


def before(
    language: Annotated[str | None, typer.Option("--language", metavar="sv|en", help=t("Språk.", "Language."))] = None,
    acts_as: Annotated[
        str | None,
        typer.Option("--as", metavar="E-POST", help=t("Handla som en medarbetare.", "Act as a member of staff.")),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help=t("Visa var oväntade fel uppstår.", "Trace unexpected errors."))
    ] = False,
    version: Annotated[bool, typer.Option("--version", help=t("Visa versionen.", "Show the version."))] = False,
) -> None:
    """Note what goes for every command."""
    if language not in (None, "sv", "en"):
        raise typer.BadParameter("sv, en", param_hint="--language")
    TOLD.acts_as, TOLD.debug = acts_as, debug
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command and end the process with its status; never a traceback for what a user can cause."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its status."""
    try:
        result = build(arguments)(arguments, standalone_mode=False, prog_name="bevaka")
    except BevakaError as error:
        return _refuse(words(error, TOLD.definition), status(error))
    except TyperException as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        return _refuse(usage_words(str(told), arguments), BAD_INPUT)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing more to say, and nobody to say it to
        return 0
    except Exception as error:  # noqa: BLE001 - the last place that can tell somebody
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _refuse(text: str, code: int) -> int:
    sys.stdout.flush()
    typer.echo(text, err=True)
    return code


def _unexpected(error: Exception) -> int:
    """Say in one line that something is wrong, without its words: they may quote data."""
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return _refuse("BEVAKA_DATABASE_URL: sqlite:///… , postgresql+psycopg://…", NOT_SET_UP)
    if isinstance(error, OperationalError):
        return _refuse(t("Databasen går inte att nå.", "The database cannot be reached."), NOT_SET_UP)
    if isinstance(error, OSError) and error.filename is not None and not isinstance(error, SQLAlchemyError):
        return _refuse(f"{error.filename}: {error.strerror}", NOT_SET_UP)
    if TOLD.debug:
        # Frames and lines, never the words of the exception.
        typer.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
    name = type(error).__name__
    return _refuse(
        t(f"Oväntat fel ({name}). Mer: bevaka --debug …", f"Unexpected error ({name}). More: bevaka --debug …"),
        UNEXPECTED,
    )


if __name__ == "__main__":
    main()
