"""Dates as clinics write them. What can be read in two ways is refused, not guessed."""

import calendar
import re
from datetime import date, timedelta
from enum import Enum

from intake.problems import CellCause, CellError

MONTHS = (
    ("januari", "jan"),
    ("februari", "feb", "febr"),
    ("mars", "mar"),
    ("april", "apr"),
    ("maj",),
    ("juni", "jun"),
    ("juli", "jul"),
    ("augusti", "aug"),
    ("september", "sep", "sept"),
    ("oktober", "okt"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTH = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}

_ISO = re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})")
_COMPACT = re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})")
_DOTS = re.compile(r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})")
_SLASH_SPACE = re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2}) (?P<y>[0-9]{4})")
_SLASHES = re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})")
_WORDS = re.compile(r"(?:den )?(?P<d>[0-9]{1,2}) (?P<month>[a-z]+)\.? (?P<y>[0-9]{4})")
_MONTH_ISO = re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})")
_MONTH_WORDS = re.compile(r"(?P<month>[a-z]+)\.? (?P<y>[0-9]{4})")

_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_LAST_SERIAL = 100_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


class Edge(Enum):
    """Which day of a month stands for the month, when a cell names only the month."""

    NONE = "a day is required"
    FIRST = "the first day"
    LAST = "the last day"


def read_date(text: str, edge: Edge = Edge.NONE) -> date:
    """Read a written date.

    Args:
        text: 2024-01-31, 20240131, 31/1 2024, 31.1.2024, 31/01/2024, 31 januari 2024; or a month, 2024-08 or
            augusti 2024. With two slashes a day up to 12 is refused, as the other order exists (5/3/2024).
        edge: the day a month stands for.

    Raises:
        CellError: not a date, one that can be read in two ways, or a month where a day is required.
    """
    words = " ".join(text.lower().split())
    for form in (_ISO, _COMPACT, _DOTS, _SLASH_SPACE, _SLASHES, _WORDS):
        if match := form.fullmatch(words):
            _refuse_two_orders(form, match)
            return _day(int(match["y"]), _month(match), int(match["d"]))
    for form in (_MONTH_ISO, _MONTH_WORDS):
        if match := form.fullmatch(words):
            return month_edge(_day(int(match["y"]), _month(match), 1), edge)
    raise CellError(CellCause.BAD_DATE)


def read_date_cell(value: date | int | float, *, from_1904: bool) -> date:
    """Read a date or number cell of a workbook.

    Args:
        value: a date, a serial day number, or a date typed as the number 20240131.
        from_1904: whether the workbook counts serial days from 1904 (old Excel for Mac).

    Raises:
        CellError: not a date.
    """
    if isinstance(value, date):
        return _day(value.year, value.month, value.day)
    if value != int(value) or value <= 0:
        raise CellError(CellCause.BAD_DATE)
    if value > _LAST_SERIAL:
        return read_date(str(int(value)))
    day = (_EPOCH_1904 if from_1904 else _EPOCH_1900) + timedelta(int(value))
    return _day(day.year, day.month, day.day)


def month_edge(first: date, edge: Edge) -> date:
    """The day that stands for the month beginning on `first`.

    Raises:
        CellError: a day is required.
    """
    if edge is Edge.NONE:
        raise CellError(CellCause.MONTH_ONLY)
    last = calendar.monthrange(first.year, first.month)[1]
    return first if edge is Edge.FIRST else first.replace(day=last)


def _refuse_two_orders(form: re.Pattern[str], match: re.Match[str]) -> None:
    day, month = int(match["d"]), match.groupdict().get("m")
    if form is _SLASHES and month is not None and day <= 12 and int(month) <= 12 and day != int(month):
        raise CellError(CellCause.AMBIGUOUS_DATE)


def _month(match: re.Match[str]) -> int:
    parts = match.groupdict()
    return int(parts["m"]) if "m" in parts else _MONTH.get(parts["month"], 0)


def _day(year: int, month: int, day: int) -> date:
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        raise CellError(CellCause.BAD_DATE)
    return date(year, month, day)
