"""Options that several commands have, said once."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

import typer

from bevaka.language import t
from workflows.answer_texts import DATE_FORMS, AnswersError, read_day

AsJson = Annotated[
    bool, typer.Option("--json", help=t("Svara med JSON, för program.", "Answer in JSON, for programs."))
]
Now = Annotated[
    str | None,
    typer.Option("--now", metavar="ISO", help=t("Tidpunkt i stället för nu.", "An instant instead of now.")),
]
Ref = Annotated[str, typer.Argument(metavar="REF", help=t("Ärendets referens, BV-…", "The case's reference, BV-…"))]
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help=t("Högst så många rader.", "At most so many rows."))
]
Cursor = Annotated[
    str | None,
    typer.Option("--cursor", help=t("Fortsätt där förra listan slutade.", "Go on where the last list ended.")),
]


def group(sv: str, en: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(help=t(sv, en), no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def day(option: str, text: str) -> date:
    """Return a typed date; raises `AnswersError` that names the option and what is allowed."""
    try:
        return read_day(text)
    except ValueError:
        raise AnswersError([(option, DATE_FORMS)]) from None


def pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Return `field=value` pairs by field; raises `AnswersError` for anything else, and for a field given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name or name in found:
            raise AnswersError([(option, t("FÄLT=VÄRDE, varje fält en gång", "FIELD=VALUE, each field once"))])
        found[name.strip()] = value
    return found
