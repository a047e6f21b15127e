"""Files that are broken, too big, locked or meant to harm end in one clear FileProblem."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from intake.decisions import DecisionFile, FileCause, FileProblem, read_decisions
from intake.xlsx_reader import OLE_MAGIC

HEADER = "Personnummer;Namn;Beslutsdatum;Från och med;Till och med;Omfattning"
ROW = "199803172387;Elsa Provsson;2026-05-04;2026-06;2028-05;hel"


def read(path: Path) -> DecisionFile:
    return read_decisions(path, today=date(2026, 11, 22), parse_number=str)


@pytest.fixture
def cause_of(tmp_path: Path) -> Callable[[bytes], FileCause]:
    def cause(data: bytes) -> FileCause:
        path = tmp_path / "fil"
        path.write_bytes(data)
        with pytest.raises(FileProblem) as caught:
            read(path)
        assert caught.value.sv()
        return caught.value.cause

    return cause


CauseOf = Callable[[bytes], FileCause]


@cache
def workbook(sheets: int = 1) -> bytes:
    book = Workbook()
    for number in range(sheets):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet()
        sheet.append(HEADER.split(";"))
        sheet.append(ROW.split(";"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part rewritten."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return out.getvalue()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        read(tmp_path / "Elsa Provsson.csv")
    assert caught.value.cause is FileCause.CANNOT_OPEN
    assert caught.value.__context__ is None
    assert "Elsa" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file(cause_of: CauseOf, data: bytes) -> None:
    assert cause_of(data) is FileCause.EMPTY


def test_an_empty_workbook(cause_of: CauseOf) -> None:
    out = io.BytesIO()
    Workbook().save(out)
    assert cause_of(out.getvalue()) is FileCause.EMPTY


def test_a_file_over_20_megabytes(cause_of: CauseOf) -> None:
    assert cause_of(b"x" * (20 * 1024 * 1024 + 1)) is FileCause.TOO_BIG


def test_more_than_50000_rows(cause_of: CauseOf, tmp_path: Path) -> None:
    lines = [HEADER, *["x"] * 50_000]
    (tmp_path / "just").write_text("\n".join(lines), encoding="utf-8")
    assert len({problem.row for problem in read(tmp_path / "just").problems}) == 50_000
    assert cause_of("\n".join([*lines, "x"]).encode()) is FileCause.TOO_MANY_ROWS


@pytest.mark.parametrize("data", ["Namn\x81".encode("latin-1"), b"\xff\xfeN", b"\xfe\xff\xd8\x00"])
def test_an_unknown_encoding(cause_of: CauseOf, data: bytes) -> None:
    assert cause_of(data) is FileCause.UNREADABLE_ENCODING


def test_a_forgotten_quotation_mark_does_not_swallow_rows(tmp_path: Path) -> None:
    path = tmp_path / "fil"
    path.write_text("\n".join([HEADER, ROW, ROW.replace("Elsa", '"Elsa'), ROW]), encoding="utf-8")
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert (caught.value.cause, caught.value.detail) == (FileCause.BROKEN_CSV, "3")


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%text", b"<html><body>hej</body></html>", b"hej\nhopp"])
def test_text_without_a_header(cause_of: CauseOf, data: bytes) -> None:
    assert cause_of(data) is FileCause.NO_HEADER


def test_two_filled_sheets(cause_of: CauseOf) -> None:
    assert cause_of(workbook(sheets=2)) is FileCause.SEVERAL_SHEETS


def test_an_old_workbook(cause_of: CauseOf) -> None:
    assert cause_of(OLE_MAGIC + b"\x00" * 600) is FileCause.OLD_WORKBOOK


def test_a_workbook_with_a_password(cause_of: CauseOf) -> None:
    data = OLE_MAGIC + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert cause_of(data) is FileCause.ENCRYPTED_WORKBOOK


def test_a_zip_with_a_password(cause_of: CauseOf) -> None:
    data = bytearray(workbook())
    start = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, start + 8, 1)
    assert cause_of(bytes(data)) is FileCause.ENCRYPTED_WORKBOOK


def test_a_zip_bomb_is_measured_before_it_is_unpacked(cause_of: CauseOf) -> None:
    bomb = with_part("xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (101 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    assert cause_of(bomb) is FileCause.WORKBOOK_TOO_BIG


def test_a_zip_bomb_that_lies_about_its_size(cause_of: CauseOf) -> None:
    data = bytearray(with_part("xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (101 * 1024 * 1024)))
    entry = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    struct.pack_into("<I", data, entry + 24, 4096)
    assert cause_of(bytes(data)) is FileCause.BROKEN_WORKBOOK


def test_an_archive_of_very_many_parts(cause_of: CauseOf) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(1001):
            archive.writestr(f"{number}.xml", "")
    assert cause_of(out.getvalue()) is FileCause.WORKBOOK_TOO_BIG


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused(cause_of: CauseOf, encoding: str) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    assert cause_of(with_part("xl/workbook.xml", lambda _: laughs.encode(encoding))) is FileCause.BROKEN_WORKBOOK


def test_a_zip_that_is_no_workbook(cause_of: CauseOf) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert cause_of(out.getvalue()) is FileCause.BROKEN_WORKBOOK


def test_a_sheet_with_a_row_beyond_the_last(cause_of: CauseOf) -> None:
    data = with_part("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="2"', b'<row r="99999999"'))
    assert cause_of(data) is FileCause.TOO_MANY_ROWS


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    data = with_part("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:F2"', b'ref="A1:A1"'))
    (tmp_path / "fil").write_bytes(data)
    assert len(read(tmp_path / "fil").rows) == 1


def test_columns_far_to_the_right_cost_nothing(tmp_path: Path) -> None:
    data = with_part("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</row>", b'<c r="ZZZ2"><v>1</v></c></row>'))
    (tmp_path / "fil").write_bytes(data)
    assert len(read(tmp_path / "fil").rows) == 1


def survives(path: Path, data: bytes) -> None:
    """Reading ends in a file or a FileProblem; pytest turns warnings into errors besides."""
    path.write_bytes(data)
    try:
        read(path)
    except FileProblem as problem:
        assert problem.__context__ is None  # noqa: PT017 - either outcome is right


fast = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@fast
@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (HEADER + "\n" + text).encode("utf-8", "replace"))
)
@example(HEADER.encode() + b"\n" + b'"' * 99)
@example(b"PK\x03\x04")
@example(OLE_MAGIC)
def test_no_bytes_raise_anything_else(tmp_path: Path, data: bytes) -> None:
    survives(tmp_path / "fil", data)


places = st.integers(0, 1_000_000)


@fast
@given(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8), places)
def test_no_damaged_workbook_raises_anything_else(tmp_path: Path, damages: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(workbook())
    for place, byte in damages:
        damaged[place % len(damaged)] = byte
    survives(tmp_path / "fil", bytes(damaged[: len(damaged) - cut % (len(damaged) // 2)]))


PARTS = ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"]


JUNK = [b"", b"9", b'"', b"<", b"-1", b"1e999", b"A0"]


@fast
@given(st.sampled_from(PARTS), places, st.integers(0, 40), st.sampled_from(JUNK))
def test_no_damaged_part_raises_anything_else(tmp_path: Path, part: str, place: int, length: int, junk: bytes) -> None:
    def damage(xml: bytes) -> bytes:
        start = place % len(xml)
        return xml[:start] + junk + xml[start + length :]

    survives(tmp_path / "fil", with_part(part, damage))
