"""One row of decisions: its cells read, and what must hold between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from intake.cells import read_level, read_name, read_number, read_text, read_yes_no
from intake.dates import Edge, read_date, read_date_cell
from intake.headers import Header, letter
from intake.problems import CellCause, CellError, CellProblem
from intake.table import Cell

LONGEST_PERIOD_YEARS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class DecisionRow:
    """A decision by Försäkringskassan as a row of a file. Printed as stars.

    Attributes:
        row: the row in the file, from 1.
        number: personal number, twelve digits.
        name: "" only for a person with protected identity.
        municipality: kommun; "" when not given.
        decided_on: the date of the decision.
        benefit_from: the first day of the period.
        benefit_until: the last day of the period.
        level: "1/4", "1/2", "3/4" or "1/1".
        unit: clinic, as given; "" when not given.
        coordinator: rehabkoordinator, as given; "" when not given.
        handler: försäkringsutredare, as given; "" when not given.
        first_grant: whether it is the person's first grant; None when not given.
        protected: whether the person has skyddade personuppgifter.
    """

    row: int
    number: str
    name: str
    municipality: str
    decided_on: date
    benefit_from: date
    benefit_until: date
    level: str
    unit: str
    coordinator: str
    handler: str
    first_grant: bool | None
    protected: bool

    def __repr__(self) -> str:
        return f"DecisionRow(row {self.row}, ********)"


@dataclass(slots=True)
class RowReader:
    """Reads the rows below one header, and remembers which decisions it has seen.

    Attributes:
        header: the columns.
        today: the date in Stockholm.
        parse_number: gives twelve digits or raises.
        from_1904: whether serial days count from 1904.
        strict_width: whether a cell beyond the header is a problem (CSV) or a note in the margin (Excel).
    """

    header: Header
    today: date
    parse_number: Callable[[str], str]
    from_1904: bool
    strict_width: bool
    _seen: dict[tuple[str, date], int] = field(default_factory=dict, repr=False)

    def read(self, row: int, cells: Sequence[Cell]) -> tuple[DecisionRow | None, list[CellProblem]]:
        """Read one row.

        Returns:
            The decision, or None and every problem of the row.
        """
        found = _Row(row, cells, self.header)
        number = found.take("number", lambda value: read_number(value, self.parse_number))
        decided_on = found.take("decided_on", lambda value: self._date(value, Edge.NONE))
        start = found.take("benefit_from", lambda value: self._date(value, Edge.FIRST))
        end = found.take("benefit_until", lambda value: self._date(value, Edge.LAST))
        level = found.take("level", read_level)
        protected = bool(found.take("protected", read_yes_no))
        name = _name(found, protected=protected)
        texts = {key: found.take(key, read_text) or "" for key in ("municipality", "unit", "coordinator", "handler")}
        first_grant = found.take("first_grant", read_yes_no)
        if self.strict_width:
            found.check_width()
        self._check_dates(found, decided_on, start, end)
        self._check_duplicate(found, number, decided_on)
        if found.problems or not (number and decided_on and start and end and level):
            return None, found.problems
        return (
            DecisionRow(
                row=row,
                number=number,
                name=name,
                decided_on=decided_on,
                benefit_from=start,
                benefit_until=end,
                level=level,
                first_grant=first_grant,
                protected=protected,
                **texts,
            ),
            [],
        )

    def _date(self, value: Cell, edge: Edge) -> date:
        if value is not None and not isinstance(value, str):
            return read_date_cell(value, from_1904=self.from_1904)
        text = read_text(value)
        if not text:
            raise CellError(CellCause.MISSING)
        return read_date(text, edge)

    def _check_dates(self, found: "_Row", decided_on: date | None, start: date | None, end: date | None) -> None:
        if decided_on and decided_on > self.today:
            found.complain("decided_on", CellCause.DECISION_IN_FUTURE)
        if start and end and end < start:
            found.complain("benefit_until", CellCause.UNTIL_BEFORE_FROM)
        if start and end and end >= _years_after(start, LONGEST_PERIOD_YEARS):
            found.complain("benefit_until", CellCause.PERIOD_TOO_LONG)

    def _check_duplicate(self, found: "_Row", number: str | None, decided_on: date | None) -> None:
        if number and decided_on:
            first = self._seen.setdefault((number, decided_on), found.row)
            if first != found.row:
                found.complain("number", CellCause.DUPLICATE, first)


@dataclass(slots=True, repr=False)
class _Row:
    """The cells of a row by field, and the problems found so far."""

    row: int
    cells: Sequence[Cell]
    header: Header
    problems: list[CellProblem] = field(default_factory=list)

    def take(self, key: str, read: Callable[[Cell], T]) -> T | None:
        """What `read` makes of the cell; None after noting why it could not, or when the file has no such column."""
        column = self.header.columns.get(key)
        if column is None:
            return None
        try:
            return read(self.cells[column] if column < len(self.cells) else None)
        except CellError as error:
            self.complain(key, error.cause)
            return None

    def complain(self, key: str, cause: CellCause, other_row: int | None = None) -> None:
        """Note a problem with the cell of a field."""
        self.problems.append(CellProblem(self.row, self.header.label(key), cause, other_row))

    def check_width(self) -> None:
        """Note cells beyond the header: a separator inside a text has pushed the others to the right."""
        for column in range(self.header.width, len(self.cells)):
            if self.cells[column]:
                self.problems.append(CellProblem(self.row, letter(column), CellCause.BEYOND_HEADER))
                return


def _name(found: _Row, *, protected: bool) -> str:
    """The full name from one column or two; a person with protected identity may be without."""
    before = len(found.problems)
    columns: Mapping[str, int] = found.header.columns
    parts = ("name",) if "name" in columns else ("first_name", "last_name")
    name = " ".join(filter(None, (found.take(part, read_name) for part in parts)))
    if not name and not protected and len(found.problems) == before:
        found.complain("name", CellCause.MISSING)
    return name


def _years_after(day: date, years: int) -> date:
    """The same day some years on; 1 March for a leap day, so that a whole period is never cut."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
