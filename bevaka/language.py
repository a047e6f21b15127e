"""Which language the command line speaks: `--language`, else the locale where it is English, else Swedish."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache

from workflows.model import Text

LANGUAGES = ("sv", "en")
OPTION = "--language"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


@lru_cache(maxsize=1)
def spoken() -> str:
    """Return the language of this process: "sv" or "en"."""
    return chosen(sys.argv[1:], os.environ)


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language for these arguments and this environment.

    Only options before the first command are looked at: those after it belong to the command.
    """
    for place, word in enumerate(arguments):
        if not word.startswith("-") and (place == 0 or arguments[place - 1] not in (OPTION, "--as")):
            break
        name, has_value, value = word.partition("=")
        asked = value if has_value else "".join(arguments[place + 1 : place + 2])
        if name == OPTION and asked in LANGUAGES:
            return asked
    locale = next((environment[name] for name in LOCALE if environment.get(name)), "")
    return "en" if locale.lower().startswith("en") else "sv"


def t(sv: str, en: str) -> str:
    """Return what is said in the language of this process."""
    return en if spoken() == "en" else sv


def said(text: Text) -> str:
    """Return a controlled text in the language of this process."""
    return text.in_language(spoken())
