"""What to tell somebody who typed a command wrongly: what is allowed, never what was typed: it may be a number."""

import re

from bevaka.language import spoken

_IN_BRACKETS = re.compile(r" ?\([^()]*\)\.?\Z")
_DIGITS = re.compile(r"\d[\d -]{5,}")
_NOISE = re.compile(r"Value error, |Input should be |, unable to parse string as an? \w+")
_SWEDISH = (
    ("No such command …", "Det finns inget sådant kommando"),
    ("No such option: ", "Det finns ingen sådan flagga: "),
    ("Did you mean", "Menade du"),
    ("Possible options:", "Möjliga:"),
    ("Got unexpected extra argument(s)", "För många argument"),
    ("Got unexpected extra argument", "För många argument"),
    ("Missing argument", "Argument saknas:"),
    ("Missing option", "Flagga saknas:"),
    ("Invalid value for", "Duger inte:"),
    ("is not one of", "är inget av"),
    ("a valid integer", "ett heltal"),
    ("requires an argument", "kräver ett värde"),
)


def usage_words(told: str, arguments: list[str]) -> str:
    """Return what the argument parser said, in the language spoken, without any value that was typed.

    Args:
        told: the parser's message.
        arguments: what was typed.
    """
    typed = {part for word in arguments for part in (word, word.partition("=")[2]) if part and not part.startswith("-")}
    for value in sorted(typed, key=len, reverse=True):
        told = told.replace(f"'{value}'", "…")
    told = _DIGITS.sub("…", _NOISE.sub("", told))
    if "extra argument" in told:
        told = _IN_BRACKETS.sub("", told)
    if spoken() == "sv":
        for english, swedish in _SWEDISH:
            told = told.replace(english, swedish)
    return told.strip()
