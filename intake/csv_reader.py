"""CSV as clinics export it: the encoding and the separator are found, never asked for."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from intake.headers import HEADER_ROWS, recognised
from intake.problems import FileCause, FileProblem
from intake.table import MAX_COLUMNS, MAX_ROWS, Table, is_blank

DELIMITERS = (";", ",", "\t")

_HEAD = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_csv(data: bytes) -> Table:
    """Read the bytes of a CSV file.

    Args:
        data: UTF-8 (with or without byte order mark), UTF-16 with one, or Windows-1252; separated by `;`, `,` or tabs.

    Raises:
        FileProblem: empty, another encoding, unmatched quotation marks, or too many rows.
    """
    text, encoding = _decode(data)
    if not text.strip():
        raise FileProblem(FileCause.EMPTY)
    delimiter = max(DELIMITERS, key=lambda sign: _score(text, sign))
    rows = tuple(islice(_records(text, delimiter), MAX_ROWS + HEADER_ROWS + 1))
    if len(rows) > MAX_ROWS + HEADER_ROWS:
        raise FileProblem(FileCause.TOO_MANY_ROWS, str(MAX_ROWS))
    return Table(rows, "csv", encoding, delimiter)


def _decode(data: bytes) -> tuple[str, str]:
    """UTF-8 before Windows-1252: almost no Windows-1252 text with Swedish letters is valid UTF-8 by accident."""
    marked = [encoding for bom, encoding in _BOMS if data.startswith(bom)]
    for encoding in marked or ["utf-8", "cp1252"]:
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise FileProblem(FileCause.UNREADABLE_ENCODING)


def _score(text: str, delimiter: str) -> int:
    """How many columns the best of the first rows names when split at this separator."""
    reader = csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=delimiter)
    try:
        return max((recognised(cells) for cells in islice(filter(any, reader), HEADER_ROWS)), default=0)
    except csv.Error:
        return 0


def _records(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Strict, so that a forgotten quotation mark is an error and does not swallow the rest of the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            break
        if cells is None:
            return
        if not is_blank(cells):
            yield number, cells[: MAX_COLUMNS + 1]
    raise FileProblem(FileCause.BROKEN_CSV, str(number))
