"""What can be wrong with a file or a cell, said in Swedish and English, naming the place and never the value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from workflows.errors import BevakaError


class Wording(NamedTuple):
    """A sentence and, after it, what is allowed instead."""

    sv: str
    en: str
    allowed_sv: str
    allowed_en: str


class CellCause(StrEnum):
    """Why a cell cannot be used."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    FORMULA_TEXT = "formula_text"
    ERROR_VALUE = "error_value"
    CONTROL_CHARACTER = "control_character"
    NO_LETTERS = "no_letters"
    BAD_NUMBER = "bad_number"
    ROUNDED_NUMBER = "rounded_number"
    RESERVE_NUMBER = "reserve_number"
    IMPOSSIBLE_BIRTH = "impossible_birth"
    FUTURE_BIRTH = "future_birth"
    CHECK_DIGIT = "check_digit"
    BAD_DATE = "bad_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    MONTH_ONLY = "month_only"
    BAD_LEVEL = "bad_level"
    LEVEL_IS_DATE = "level_is_date"
    BAD_YES_NO = "bad_yes_no"
    DECISION_IN_FUTURE = "decision_in_future"
    UNTIL_BEFORE_FROM = "until_before_from"
    PERIOD_TOO_LONG = "period_too_long"
    DUPLICATE = "duplicate"
    BEYOND_HEADER = "beyond_header"


class FileCause(StrEnum):
    """Why a whole file cannot be read."""

    CANNOT_OPEN = "cannot_open"
    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_MANY_ROWS = "too_many_rows"
    UNREADABLE_ENCODING = "unreadable_encoding"
    BROKEN_CSV = "broken_csv"
    BROKEN_WORKBOOK = "broken_workbook"
    ENCRYPTED_WORKBOOK = "encrypted_workbook"
    OLD_WORKBOOK = "old_workbook"
    WORKBOOK_TOO_BIG = "workbook_too_big"
    SEVERAL_SHEETS = "several_sheets"
    NO_HEADER = "no_header"
    MISSING_COLUMNS = "missing_columns"
    REPEATED_COLUMNS = "repeated_columns"


_NUMBER_FORMS = (
    "personnummer eller samordningsnummer som ÅÅÅÅMMDD-XXXX, ÅÅÅÅMMDDXXXX eller ÅÅMMDD-XXXX",
    "a personal identity or coordination number as YYYYMMDD-XXXX, YYYYMMDDXXXX or YYMMDD-XXXX",
)
_DATE_FORMS = (
    "2024-01-31, 20240131, 31/1 2024, 31.1.2024 eller 31 januari 2024; för period även 2024-08 eller augusti 2024",
    "2024-01-31, 20240131, 31/1 2024, 31.1.2024 or 31 januari 2024; for a period also 2024-08 or augusti 2024",
)
_LEVEL_FORMS = (
    "1/4, 1/2, 3/4, 1/1, 25 %, 50 %, 75 %, 100 %, hel, halv, en fjärdedel eller tre fjärdedelar",
    "1/4, 1/2, 3/4, 1/1, 25 %, 50 %, 75 %, 100 %, hel, halv, en fjärdedel or tre fjärdedelar",
)

_CELLS = {
    CellCause.MISSING: Wording("värde saknas", "a value is missing", "ett ifyllt värde", "a value"),
    CellCause.TOO_LONG: Wording("texten är för lång", "the text is too long", "200 tecken", "200 characters"),
    CellCause.FORMULA_TEXT: Wording(
        "texten börjar som en formel",
        "the text begins like a formula",
        "text som inte börjar med =, +, - eller @",
        "text that does not begin with =, +, - or @",
    ),
    CellCause.ERROR_VALUE: Wording(
        "cellen visar ett fel (#)", "the cell shows an error (#)", "ett värde i stället för felet", "a value instead"
    ),
    CellCause.CONTROL_CHARACTER: Wording(
        "osynliga tecken eller radbrytning i cellen",
        "invisible characters or a line break in the cell",
        "en rad text utan dolda tecken",
        "one line of text without hidden characters",
    ),
    CellCause.NO_LETTERS: Wording("namnet har inga bokstäver", "the name has no letters", "ett namn", "a name"),
    CellCause.BAD_NUMBER: Wording("inget personnummer", "not a personal identity number", *_NUMBER_FORMS),
    CellCause.ROUNDED_NUMBER: Wording(
        "kalkylprogrammet har avrundat personnumret",
        "the spreadsheet has rounded the personal identity number",
        "kolumnen formaterad som text, och numret skrivet på nytt",
        "the column formatted as text, and the number written anew",
    ),
    CellCause.RESERVE_NUMBER: Wording("ett reservnummer", "a reserve number", *_NUMBER_FORMS),
    CellCause.IMPOSSIBLE_BIRTH: Wording(
        "personnumrets datum finns inte", "the date in the number does not exist", *_NUMBER_FORMS
    ),
    CellCause.FUTURE_BIRTH: Wording(
        "personnumrets datum har inte varit", "the date in the number has not come yet", *_NUMBER_FORMS
    ),
    CellCause.CHECK_DIGIT: Wording(
        "personnumrets sista siffra stämmer inte", "the last digit of the number does not agree", *_NUMBER_FORMS
    ),
    CellCause.BAD_DATE: Wording("inget datum", "not a date", *_DATE_FORMS),
    CellCause.AMBIGUOUS_DATE: Wording(
        "datumet kan läsas på två sätt", "the date can be read in two ways", *_DATE_FORMS
    ),
    CellCause.MONTH_ONLY: Wording("dagen saknas i datumet", "the date has no day", *_DATE_FORMS),
    CellCause.BAD_LEVEL: Wording("ingen ersättningsnivå", "not a benefit level", *_LEVEL_FORMS),
    CellCause.LEVEL_IS_DATE: Wording(
        "kalkylprogrammet har gjort om nivån till ett datum",
        "the spreadsheet has turned the level into a date",
        *_LEVEL_FORMS,
    ),
    CellCause.BAD_YES_NO: Wording(
        "varken ja eller nej", "neither yes nor no", "ja, nej eller tomt", "ja, nej or empty"
    ),
    CellCause.DECISION_IN_FUTURE: Wording(
        "beslutet är daterat i framtiden", "the decision is dated in the future", "högst dagens datum", "today at most"
    ),
    CellCause.UNTIL_BEFORE_FROM: Wording(
        "perioden slutar innan den börjar",
        "the period ends before it begins",
        "ett slutdatum på eller efter startdatum",
        "an end on or after the start",
    ),
    CellCause.PERIOD_TOO_LONG: Wording(
        "perioden är längre än tre år",
        "the period is longer than three years",
        "högst tre år (socialförsäkringsbalken 33 kap. 19 §)",
        "three years at most (socialförsäkringsbalken 33:19)",
    ),
    CellCause.DUPLICATE: Wording(
        "samma person och beslutsdatum finns redan",
        "the same person and decision date occur already",
        "ett beslut på en rad",
        "one decision on one row",
    ),
    CellCause.BEYOND_HEADER: Wording(
        "raden har fler celler än rubrikraden",
        "the row has more cells than the header",
        "skiljetecken inuti en text satt inom citattecken",
        "separators inside a text within quotation marks",
    ),
}

_FILES = {
    FileCause.CANNOT_OPEN: ("Filen går inte att öppna.", "The file cannot be opened."),
    FileCause.EMPTY: ("Filen är tom.", "The file is empty."),
    FileCause.TOO_BIG: ("Filen är för stor; högst {detail}.", "The file is too big; {detail} at most."),
    FileCause.TOO_MANY_ROWS: ("Filen har för många rader; högst {detail}.", "Too many rows; {detail} at most."),
    FileCause.UNREADABLE_ENCODING: (
        "Teckenkodningen känns inte igen; spara som CSV UTF-8 eller Excel (.xlsx).",
        "The encoding is unknown; save as CSV UTF-8 or Excel (.xlsx).",
    ),
    FileCause.BROKEN_CSV: (
        "Citattecknen går inte ihop från och med rad {detail}.",
        "The quotation marks do not match from row {detail} on.",
    ),
    FileCause.BROKEN_WORKBOOK: (
        "Filen är ingen läsbar Excelfil (.xlsx).",
        "The file is not a readable Excel workbook (.xlsx).",
    ),
    FileCause.ENCRYPTED_WORKBOOK: (
        "Excelfilen är skyddad med lösenord; spara den utan.",
        "The workbook has a password; save it without.",
    ),
    FileCause.OLD_WORKBOOK: (
        "Filen är i ett äldre Office-format; spara som Excel-arbetsbok (.xlsx).",
        "The file is in an older Office format; save it as an Excel workbook (.xlsx).",
    ),
    FileCause.WORKBOOK_TOO_BIG: (
        "Excelfilen packas upp till mer än {detail}.",
        "The workbook unpacks to more than {detail}.",
    ),
    FileCause.SEVERAL_SHEETS: (
        "Flera blad innehåller något; spara bladet med besluten i en egen fil.",
        "More than one sheet holds something; save the one with the decisions in a file of its own.",
    ),
    FileCause.NO_HEADER: (
        "Ingen rubrikrad bland de tio första raderna. Väntade rubriker: {detail}.",
        "No header among the first ten rows. Expected headers: {detail}.",
    ),
    FileCause.MISSING_COLUMNS: (
        "Kolumner saknas (godtagna rubriker inom parentes): {detail}.",
        "Columns are missing (accepted headers in brackets): {detail}.",
    ),
    FileCause.REPEATED_COLUMNS: (
        "Flera kolumner har samma innebörd: {detail}.",
        "Several columns mean the same: {detail}.",
    ),
}


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that cannot be used.

    Attributes:
        row: the row as a spreadsheet numbers it, from 1, header and title rows included.
        column: the column as in the file, letter first: "C (Beslutsdatum)". Only headers that are known are named.
        cause: what is wrong.
        other_row: the earlier row, when the cause is a duplicate.
    """

    row: int
    column: str
    cause: CellCause
    other_row: int | None = None

    @property
    def allowed(self) -> str:
        """What the cell may hold, in Swedish."""
        return _CELLS[self.cause].allowed_sv

    def sv(self) -> str:
        """The problem in Swedish, one line."""
        other = f" på rad {self.other_row}" if self.other_row else ""
        return f"Rad {self.row}, {self.column}: {_CELLS[self.cause].sv}{other}. Tillåtet: {self.allowed}."

    def en(self) -> str:
        """The problem in English, one line."""
        words = _CELLS[self.cause]
        other = f" on row {self.other_row}" if self.other_row else ""
        return f"Row {self.row}, {self.column}: {words.en}{other}. Allowed: {words.allowed_en}."


class CellError(BevakaError):
    """A value that does not fit its column; the reader adds where it stood."""

    def __init__(self, cause: CellCause) -> None:
        self.cause = cause
        super().__init__(_CELLS[cause].en)


class FileProblem(BevakaError):  # noqa: N818 - a problem of the file that its sender mends, beside CellProblem
    """A file that cannot be read at all.

    Attributes:
        cause: what is wrong.
        detail: the limit, the row or the columns it is about; never content of a cell.
    """

    def __init__(self, cause: FileCause, detail: str = "") -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(self.en())

    def sv(self) -> str:
        """The problem in Swedish."""
        return _FILES[self.cause][0].format(detail=self.detail)

    def en(self) -> str:
        """The problem in English."""
        return _FILES[self.cause][1].format(detail=self.detail)
