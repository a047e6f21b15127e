"""Files of decisions as clinics have them, CSV or Excel, read into typed rows; every bad cell is named."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from intake.csv_reader import read_csv
from intake.headers import HEADER_ROWS, find_header
from intake.problems import CellCause, CellProblem, FileCause, FileProblem
from intake.rows import DecisionRow, RowReader
from intake.table import MAX_BYTES, MAX_ROWS, Table
from intake.xlsx_reader import OLE_MAGIC, ZIP_MAGIC, read_xlsx, refuse_old_office

__all__ = ["CellCause", "CellProblem", "DecisionFile", "DecisionRow", "FileCause", "FileProblem", "read_decisions"]

PROGRESS_STEP = 500


@dataclass(frozen=True, slots=True)
class DecisionFile:
    """What a file held.

    Attributes:
        rows: the decisions without a problem.
        problems: everything else, in the order of the file; nobody is dropped without one.
        format: "csv" or "xlsx".
        encoding: of a CSV file.
        delimiter: of a CSV file.
        sha256: of the bytes, in hex: the same file is known again.
        labels: each known column as a person finds it, "C (Beslutsdatum)", by field.
    """

    rows: tuple[DecisionRow, ...]
    problems: tuple[CellProblem, ...]
    format: str
    encoding: str | None
    delimiter: str | None
    sha256: str
    labels: Mapping[str, str]


def ignore(done: int, total: int) -> None:
    """Take no notice of progress."""


def read_decisions(
    path: Path,
    *,
    today: date,
    parse_number: Callable[[str], str],
    progress: Callable[[int, int], None] = ignore,
) -> DecisionFile:
    """Read a file of decisions.

    Args:
        path: a CSV or XLSX file, told apart by content; at most 20 MB and 50 000 rows.
        today: the date in Stockholm; later decisions are refused.
        parse_number: gives the twelve digits of a written personal number, or raises a ValueError or BevakaError whose
            `cause`, if it has one, says why.
        progress: told rows done and rows in all, now and then and at the end.

    Raises:
        FileProblem: the file cannot be read at all.
    """
    data = _load(path)
    table = _table(data)
    header = find_header([cells for _, cells in table.rows[:HEADER_ROWS]])
    body = table.rows[header.place + 1 :]
    if len(body) > MAX_ROWS:
        raise FileProblem(FileCause.TOO_MANY_ROWS, str(MAX_ROWS))
    reader = RowReader(header, today, parse_number, table.from_1904, strict_width=table.format == "csv")
    rows: list[DecisionRow] = []
    problems: list[CellProblem] = []
    for done, (number, cells) in enumerate(body, start=1):
        decision, found = reader.read(number, cells)
        problems += found
        if decision is not None:
            rows.append(decision)
        if done % PROGRESS_STEP == 0 or done == len(body):
            progress(done, len(body))
    digest = hashlib.sha256(data).hexdigest()
    return DecisionFile(
        tuple(rows), tuple(problems), table.format, table.encoding, table.delimiter, digest, header.labels
    )


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        data = None
    if data is None:
        raise FileProblem(FileCause.CANNOT_OPEN)
    if not data:
        raise FileProblem(FileCause.EMPTY)
    if len(data) > MAX_BYTES:
        raise FileProblem(FileCause.TOO_BIG, f"{MAX_BYTES // 1024 // 1024} MB")
    return data


def _table(data: bytes) -> Table:
    if data.startswith(ZIP_MAGIC):
        return read_xlsx(data)
    if data.startswith(OLE_MAGIC):
        refuse_old_office(data)
    return read_csv(data)
