"""The command line: `bevaka …` or `python -m bevaka …`."""

import re
import sys
import traceback
from typing import Annotated

import typer
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from typer.exceptions import TyperException

from bevaka import __version__
from bevaka.commands import cases, doctor, importing, ledger, people, programmes, setup, time
from bevaka.commands.demo import demo
from bevaka.commands.options import group
from bevaka.entry import TOLD
from bevaka.error_words import BAD_INPUT, NOT_SET_UP, UNEXPECTED, status, words
from bevaka.language import t
from workflows.errors import BevakaError

INTERRUPTED = 130
_IN_BRACKETS = re.compile(r"\([^()]*\)\Z")

app = group("Bevaka: ingen rehabilitering glöms bort.", "Bevaka: no rehabilitation is forgotten.")
app.add_typer(programmes.app, name="programmes")
app.add_typer(cases.app, name="cases")
app.add_typer(people.people, name="people")
app.add_typer(people.units, name="units")
app.add_typer(people.channels, name="channels")
app.add_typer(setup.keys, name="keys")
app.add_typer(demo, name="demo")
app.command("run", help=t("Kör allt i en process.", "Run everything in one process."))(setup.run)
app.command("migrate", help=t("Skapa eller uppdatera databasen.", "Create or update the database."))(setup.migrate)
app.command("import", help=t("Läs in FK:s beslut från en fil.", "Take in decisions from a file."))(
    importing.import_file
)
app.command("sweep", help=t("Ett varv av klockan.", "One round of the clock."))(time.sweep)
app.command("deliver", help=t("Ett varv av brevbäraren.", "One round of the postman."))(time.deliver)
app.command("ledger", help=t("Vad det blev av varje steg.", "What became of every rung."))(ledger.ledger)
app.command("replay", help=t("Spela upp och jämför historiken.", "Replay and compare histories."))(ledger.replay)
app.command("doctor", help=t("Hälsokontroll.", "A check-up."))(doctor.doctor)


@app.callback(invoke_without_command=True)
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
        result = app(arguments, standalone_mode=False, prog_name="bevaka")
    except BevakaError as error:
        return _refuse(words(error, TOLD.definition), status(error))
    except TyperException as error:
        return _refuse(_usage(error, arguments), BAD_INPUT)
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


def _usage(error: TyperException, arguments: list[str]) -> str:
    """Return what is wrong with how the command was typed, without what was typed: it may be a person's number."""
    told = str(error.format_message() if hasattr(error, "format_message") else error)
    values = {
        part for word in arguments for part in (word, word.partition("=")[2]) if part and not part.startswith("-")
    }
    for value in values:
        told = told.replace(f"'{value}'", "…")
    return _IN_BRACKETS.sub("", told).rstrip()


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
