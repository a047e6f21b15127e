"""What an import cannot use: rows and columns by name, in Swedish and English, never what stood there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from intake.problems import CellProblem
from workflows.errors import BevakaError


class RowCause(StrEnum):
    """Why a row that reads well still cannot become a case."""

    NO_UNIT = "no_unit"
    UNKNOWN_UNIT = "unknown_unit"
    FOREIGN_UNIT = "foreign_unit"
    UNKNOWN_COORDINATOR = "unknown_coordinator"
    UNKNOWN_HANDLER = "unknown_handler"
    NO_FIRST_GRANT = "no_first_grant"
    UNFIT = "unfit"


_SAID = {
    RowCause.NO_UNIT: (
        "mottagning saknas. Tillåtet: en mottagnings kod eller namn, eller en för hela filen (--unit)",
        "the unit is missing. Allowed: a unit's code or title, or one for the whole file (--unit)",
    ),
    RowCause.UNKNOWN_UNIT: ("okänd mottagning. Tillåtet: {allowed}", "unknown unit. Allowed: {allowed}"),
    RowCause.FOREIGN_UNIT: (
        "du får inte öppna ärenden på den mottagningen. Tillåtet: {allowed}",
        "you may not open cases in that unit. Allowed: {allowed}",
    ),
    RowCause.UNKNOWN_COORDINATOR: (
        "ingen eller flera med det namnet eller den e-postadressen. Tillåtet: en rehabkoordinator på mottagningen, "
        "eller tomt",
        "nobody, or several, with that name or address. Allowed: a coordinator of the unit, or empty",
    ),
    RowCause.UNKNOWN_HANDLER: (
        "ingen eller flera med det namnet eller den e-postadressen. Tillåtet: en upplagd försäkringsutredare, "
        "eller tomt",
        "nobody, or several, with that name or address. Allowed: an insurance officer who is set up, or empty",
    ),
    RowCause.NO_FIRST_GRANT: (
        "insatsen tar bara förstagångsbeslut. Tillåtet: ja eller nej, eller --first-grants för hela filen",
        "the programme takes first grants only. Allowed: ja or nej, or --first-grants for the whole file",
    ),
    RowCause.UNFIT: ("passar inte insatsen: {allowed}", "does not fit the programme: {allowed}"),
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One place in the file that cannot be used, and what is allowed there instead.

    Attributes:
        row: as a spreadsheet numbers it, from 1.
        column: as in the file, letter first: "C (Beslutsdatum)".
        cause: a word for programs.
        sv, en: what is wrong and what is allowed.
    """

    row: int
    column: str
    cause: str
    sv: str
    en: str

    def text(self, language: str) -> str:
        """Return what is wrong, in "sv" or "en"."""
        return self.en if language == "en" else self.sv


def of_cell(problem: CellProblem) -> RowProblem:
    """Return a problem the reader found."""
    sv = problem.sv().removeprefix(f"Rad {problem.row}, {problem.column}: ").rstrip(".")
    en = problem.en().removeprefix(f"Row {problem.row}, {problem.column}: ").rstrip(".")
    return RowProblem(problem.row, problem.column, problem.cause.value, sv, en)


def of_row(row: int, column: str, cause: RowCause, allowed: Sequence[str] = ()) -> RowProblem:
    """Return a problem found when the row met the clinic's own data."""
    sv, en = _SAID[cause]
    words = ", ".join(allowed) or "–"
    return RowProblem(row, column, cause.value, sv.format(allowed=words), en.format(allowed=words))


class ImportRefusedError(BevakaError):
    """A file with problems: nothing of it was opened."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems in the file; nothing was opened")


class MissingFieldsError(BevakaError):
    """Fields that the programme requires and no file of decisions has; `allowed` by field."""

    def __init__(self, fields: dict[str, tuple[str, ...]]) -> None:
        self.fields = fields
        listed = "; ".join(f"{name} ({', '.join(allowed)})" for name, allowed in fields.items())
        super().__init__(f"the programme requires what the file does not say: {listed}")


class FixedFieldError(BevakaError):
    """A field that cannot be set for a whole file."""

    def __init__(self, field: str, allowed: tuple[str, ...]) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"the field {field} cannot be set for the whole file; allowed: {', '.join(allowed) or '–'}")
