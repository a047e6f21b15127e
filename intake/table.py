"""What a file is before anyone knows what it says: numbered rows of raw cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 64

Cell: TypeAlias = str | int | float | date | None


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """The rows of a file that hold anything. Not printed: they hold people.

    Attributes:
        rows: each row's number as a spreadsheet shows it, from 1, and its cells.
        format: "csv" or "xlsx".
        encoding: of a CSV file.
        delimiter: of a CSV file.
        from_1904: whether serial days count from 1904.
    """

    rows: tuple[tuple[int, Sequence[Cell]], ...]
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    from_1904: bool = False

    def __repr__(self) -> str:
        return f"Table({self.format}, {len(self.rows)} rows)"


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether nothing but white space stands in the row."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
