"""One cell at a time: text that is safe to keep, personal numbers, benefit levels, yes and no."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from intake.problems import CellCause, CellError
from intake.table import Cell
from workflows.errors import BevakaError

MAX_TEXT = 200

LEVELS = ("1/4", "1/2", "3/4", "1/1")
_LEVEL_WORDS = {
    "1/4": ("25", "25 %", "0,25", "en fjärdedel", "fjärdedel", "en fjärdedels", "kvart"),
    "1/2": ("50", "50 %", "0,5", "0,50", "halv", "en halv", "hälften", "halvt"),
    "3/4": ("75", "75 %", "0,75", "tre fjärdedelar", "tre fjärdedels", "trefjärdedels", "trekvarts"),
    "1/1": ("100", "100 %", "hel", "helt", "full"),
}
_LEVEL_OF = {word: level for level, words in _LEVEL_WORDS.items() for word in (level, *words)}
_YES_NO = {
    **dict.fromkeys(("ja", "j", "yes", "x", "1", "sant", "true"), True),
    **dict.fromkeys(("nej", "n", "no", "0", "falskt", "false"), False),
}
_NUMBER_CAUSES = {
    "reserve_number": CellCause.RESERVE_NUMBER,
    "impossible_date": CellCause.IMPOSSIBLE_BIRTH,
    "future_date": CellCause.FUTURE_BIRTH,
    "check_digit": CellCause.CHECK_DIGIT,
}

_HARD_SPACES = re.compile("[\u00a0\u2007\u202f]")
_SPACES = re.compile(" {2,}")
_NO_VALUE = {"-", "–", "—"}
_ROUNDED = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]{1,2}")
_BENEFIT = re.compile(r"\b(?:aktivitetsersättning|ersättning|nivå)\b")


def read_text(value: Cell) -> str:
    """The text of a cell on one line, composed (NFC), with single plain spaces; "" for an empty cell or a lone dash.

    Raises:
        CellError: an Excel error, text a spreadsheet would run as a formula, hidden characters, or over 200 characters.
    """
    if not isinstance(value, str):
        return _typed_text(value)
    text = _SPACES.sub(" ", _HARD_SPACES.sub(" ", value)).strip(" ")
    if not text.strip() or text in _NO_VALUE:
        return ""
    if text[0] in "=+-@#":
        raise CellError(CellCause.ERROR_VALUE if text[0] == "#" else CellCause.FORMULA_TEXT)
    if not text.isprintable():
        raise CellError(CellCause.CONTROL_CHARACTER)
    if len(text) > MAX_TEXT:
        raise CellError(CellCause.TOO_LONG)
    return unicodedata.normalize("NFC", text)


def read_name(value: Cell) -> str:
    """A name, or part of one.

    Raises:
        CellError: as `read_text`, or no letter in it.
    """
    text = read_text(value)
    if text and not any(sign.isalpha() for sign in text):
        raise CellError(CellCause.NO_LETTERS)
    return text


def read_number(value: Cell, parse_number: Callable[[str], str]) -> str:
    """A personal number as twelve digits.

    Args:
        value: the cell.
        parse_number: gives twelve digits, or raises a ValueError or BevakaError that may carry a `cause`.

    Raises:
        CellError: empty, rounded by the spreadsheet, or refused by `parse_number`.
    """
    text = read_text(value)
    if not text:
        raise CellError(CellCause.MISSING)
    if _ROUNDED.fullmatch(text):
        raise CellError(CellCause.ROUNDED_NUMBER)
    try:
        return parse_number(text)
    except (ValueError, BevakaError) as error:
        cause = _NUMBER_CAUSES.get(str(getattr(error, "cause", "")), CellCause.BAD_NUMBER)
    raise CellError(cause)


def read_level(value: Cell) -> str:
    """A benefit level: "1/4", "1/2", "3/4" or "1/1" (socialförsäkringsbalken 33:9).

    Raises:
        CellError: empty, a date that was "1/2" before the spreadsheet saw it, or no level.
    """
    if isinstance(value, date):
        raise CellError(CellCause.LEVEL_IS_DATE)
    text = read_text(value)
    if not text:
        raise CellError(CellCause.MISSING)
    words = unicodedata.normalize("NFKC", text).replace("\u2044", "/").casefold().replace(".", ",")
    words = " ".join(_BENEFIT.sub(" ", words.replace("%", " % ")).split())
    if words not in _LEVEL_OF:
        raise CellError(CellCause.BAD_LEVEL)
    return _LEVEL_OF[words]


def read_yes_no(value: Cell) -> bool | None:
    """Yes or no; None for an empty cell.

    Raises:
        CellError: neither.
    """
    text = read_text(value).casefold()
    if text and text not in _YES_NO:
        raise CellError(CellCause.BAD_YES_NO)
    return _YES_NO.get(text)


def _typed_text(value: int | float | date | None) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if value == int(value) else str(value)
