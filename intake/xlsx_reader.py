"""Excel workbooks from strangers: measured before they are unpacked, read as they are shown."""

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.datetime import MAC_EPOCH

from intake.headers import HEADER_ROWS
from intake.problems import FileCause, FileProblem
from intake.table import MAX_COLUMNS, MAX_ROWS, Cell, Table, is_blank

MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARTS = 1000
SHEET_ROWS = 1_048_576

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_NOT_SHOWN = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|\\.")


def refuse_old_office(data: bytes) -> None:
    """Refuse OLE files: a workbook with a password, or one from before 2007.

    Raises:
        FileProblem: always; which of the two it is.
    """
    encrypted = _ENCRYPTED_STREAM in data
    raise FileProblem(FileCause.ENCRYPTED_WORKBOOK if encrypted else FileCause.OLD_WORKBOOK)


def read_xlsx(data: bytes) -> Table:
    """Read the one visible sheet that holds anything; formulas give the values Excel stored with them.

    Raises:
        FileProblem: no workbook, one with a password, too big when unpacked, too many rows, or several filled sheets.
    """
    try:
        _check_parts(data)
        # openpyxl warns with the value of a cell in the text.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(data)
    except FileProblem:
        raise
    except Exception:  # noqa: BLE001, S110 - hostile XML makes the parsers raise whatever they like
        pass
    raise FileProblem(FileCause.BROKEN_WORKBOOK)


def _check_parts(data: bytes) -> None:
    """Sizes come from the directory; `zipfile` reads no part beyond the size stated there."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise FileProblem(FileCause.ENCRYPTED_WORKBOOK)
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise FileProblem(FileCause.WORKBOOK_TOO_BIG, f"{MAX_UNPACKED // 1024 // 1024} MB")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and _declares_entities(archive, part):
                raise FileProblem(FileCause.BROKEN_WORKBOOK)


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """No Office program writes a document type; entity bombs need one."""
    content = archive.read(part)
    return any(doctype in content for doctype in _DOCTYPES)


def _read(data: bytes) -> Table:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        filled = [
            rows for sheet in book.worksheets if sheet.sheet_state == "visible" and (rows := tuple(_filled_rows(sheet)))
        ]
        if len(filled) > 1:
            raise FileProblem(FileCause.SEVERAL_SHEETS)
        if not filled:
            raise FileProblem(FileCause.EMPTY)
        return Table(filled[0], "xlsx", from_1904=book.epoch == MAC_EPOCH)
    finally:
        book.close()


def _filled_rows(sheet: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows that hold anything. The size a sheet claims for itself is not believed."""
    sheet.reset_dimensions()
    found, gap = 0, None
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if found > MAX_ROWS + HEADER_ROWS or number > SHEET_ROWS:
            raise FileProblem(FileCause.TOO_MANY_ROWS, str(MAX_ROWS))
        if row is gap:  # openpyxl fills a gap of a million rows with one and the same row
            continue
        cells = [None if cell is EMPTY_CELL else _cell(cell) for cell in row]
        if is_blank(cells):
            gap = row
        else:
            found += 1
            yield number, cells
    if found > MAX_ROWS + HEADER_ROWS:
        raise FileProblem(FileCause.TOO_MANY_ROWS, str(MAX_ROWS))


def _cell(cell: Any) -> Cell:
    """A cell's value; as text where the sheet shows less or other than the value (a month, a percentage)."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return f"{day:%Y-%m}" if _shows_month(cell.number_format) else day
    if isinstance(value, int | float) and math.isfinite(value):
        return f"{value * 100:g} %" if "%" in cell.number_format else value
    return str(value)


def _shows_month(number_format: str) -> bool:
    """Whether a format shows year and month without the day, as Excel gives a cell where "aug 2024" was typed."""
    shown = _NOT_SHOWN.sub("", number_format.lower())
    return "y" in shown and "m" in shown and "d" not in shown
