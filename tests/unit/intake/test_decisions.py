"""A file of decisions, row by row: what is read, what is refused and where it stood."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import MAC_EPOCH

from access.personnumbers import PersonalNumber, synthetic_number
from intake.decisions import CellCause, CellProblem, DecisionFile, read_decisions
from intake.problems import _CELLS, _FILES, FileCause

TODAY = date(2026, 11, 22)
ELSA = synthetic_number(date(1998, 3, 17), 238).digits
OLLE = synthetic_number(date(2001, 7, 2), 239).digits
HEADER = "Personnummer;Namn;Beslutsdatum;Från och med;Till och med;Omfattning"
GOOD = f"{ELSA};Elsa Provsson;2026-05-04;2026-06;2028-05;hel"

Read = Callable[..., DecisionFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_lines(*lines: str, header: str = HEADER) -> DecisionFile:
        path = tmp_path / "beslut.csv"
        path.write_text("\n".join([header, *lines]), encoding="utf-8")
        return read_file(path)

    return read_lines


def read_file(path: Path) -> DecisionFile:
    return read_decisions(path, today=TODAY, parse_number=lambda text: PersonalNumber.parse(text, today=TODAY).digits)


def causes(file: DecisionFile) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.cause) for problem in file.problems]


def test_a_decision_is_read_whole(read: Read) -> None:
    (row,) = read(GOOD).rows
    assert (row.row, row.number, row.name, row.level) == (2, ELSA, "Elsa Provsson", "1/1")
    assert (row.decided_on, row.benefit_from, row.benefit_until) == (
        date(2026, 5, 4),
        date(2026, 6, 1),
        date(2028, 5, 31),
    )


def test_columns_that_are_not_there_are_empty(read: Read) -> None:
    (row,) = read(GOOD).rows
    assert (row.municipality, row.unit, row.coordinator, row.handler) == ("", "", "", "")
    assert (row.first_grant, row.protected) == (None, False)


def test_a_file_is_known_by_its_bytes(read: Read, tmp_path: Path) -> None:
    assert read(GOOD).sha256 == hashlib.sha256((tmp_path / "beslut.csv").read_bytes()).hexdigest()


def test_blank_rows_count_but_are_passed_over(read: Read) -> None:
    file = read("", ";;;;;", GOOD, "  ; ;;;;", GOOD.replace("hel", "fel"))
    assert [row.row for row in file.rows] == [4]
    assert causes(file)[0] == (6, "F (Omfattning)", "bad_level")


def test_a_line_break_within_quotes_keeps_the_row_count(read: Read) -> None:
    file = read(GOOD + ';"rad ett\nrad två"', GOOD.replace(ELSA, OLLE) + ";", header=HEADER + ";Kommentar")
    assert [row.row for row in file.rows] == [2, 3]


def test_every_problem_of_a_row_is_named_at_once(read: Read) -> None:
    file = read(f"{ELSA[:-1]}0;12;snart;2026-06-xx;;dubbel")
    assert causes(file) == [
        (2, "A (Personnummer)", "check_digit"),
        (2, "C (Beslutsdatum)", "bad_date"),
        (2, "D (Från och med)", "bad_date"),
        (2, "E (Till och med)", "missing"),
        (2, "F (Omfattning)", "bad_level"),
        (2, "B (Namn)", "no_letters"),
    ]


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        ("19980229-2387", CellCause.IMPOSSIBLE_BIRTH),
        ("19980317-T238", CellCause.RESERVE_NUMBER),
        (synthetic_number(date(2026, 11, 23), 238).digits, CellCause.FUTURE_BIRTH),
        ("abc", CellCause.BAD_NUMBER),
        ("", CellCause.MISSING),
    ],
)
def test_the_cause_given_by_the_number_parser_is_kept(read: Read, number: str, cause: CellCause) -> None:
    assert causes(read(GOOD.replace(ELSA, number))) == [(2, "A (Personnummer)", cause)]


def test_a_decision_may_be_of_today_but_not_of_tomorrow(read: Read) -> None:
    file = read(GOOD.replace("2026-05-04", "2026-11-22"), GOOD.replace("2026-05-04", "2026-11-23"))
    assert causes(file) == [(3, "C (Beslutsdatum)", "decision_in_future")]


def test_a_decision_is_dated_on_a_day(read: Read) -> None:
    assert causes(read(GOOD.replace("2026-05-04", "2026-05"))) == [(2, "C (Beslutsdatum)", "month_only")]


def test_a_period_does_not_end_before_it_begins(read: Read) -> None:
    file = read(GOOD.replace("2028-05", "2026-05-31"))
    assert causes(file) == [(2, "E (Till och med)", "until_before_from")]


@pytest.mark.parametrize(
    ("start", "last", "too_long"),
    [("2026-06-01", "2029-05-31", "2029-06-01"), ("2024-02-29", "2027-02-28", "2027-03-01")],
)
def test_a_period_covers_three_years_at_most(read: Read, start: str, last: str, too_long: str) -> None:
    assert causes(read(GOOD.replace("2026-06", start).replace("2028-05", last))) == []
    file = read(GOOD.replace("2026-06", start).replace("2028-05", too_long))
    assert causes(file) == [(2, "E (Till och med)", "period_too_long")]


def test_a_repeated_decision_names_both_rows(read: Read) -> None:
    file = read(GOOD, GOOD.replace(ELSA, OLLE), GOOD.replace("hel", "halv").replace(ELSA, f"{ELSA[:8]}-{ELSA[8:]}"))
    assert [row.row for row in file.rows] == [2, 3]
    assert file.problems == (CellProblem(4, "A (Personnummer)", CellCause.DUPLICATE, other_row=2),)
    assert (
        file.problems[0].sv().startswith("Rad 4, A (Personnummer): samma person och beslutsdatum finns redan på rad 2.")
    )


def test_two_decisions_for_one_person_are_two_rows(read: Read) -> None:
    assert len(read(GOOD, GOOD.replace("2026-05-04", "2026-05-05")).rows) == 2


def test_a_protected_person_may_be_without_a_name(read: Read) -> None:
    header = HEADER + ";Skyddade personuppgifter"
    nameless = GOOD.replace("Elsa Provsson", "")
    file = read(nameless + ";ja", nameless.replace(ELSA, OLLE) + ";nej", header=header)
    assert [(row.name, row.protected) for row in file.rows] == [("", True)]
    assert causes(file) == [(3, "B (Namn)", "missing")]


def test_an_unquoted_separator_in_a_name_is_noticed(read: Read) -> None:
    file = read(GOOD.replace("Elsa Provsson", "Provsson; Elsa"))
    assert (2, "G", "beyond_header") in causes(file)
    assert file.rows == ()


@pytest.mark.parametrize("name", ["=1+1", "@Elsa", "+Elsa", "-Elsa"])
def test_a_name_like_a_formula_is_refused(read: Read, name: str) -> None:
    assert causes(read(GOOD.replace("Elsa Provsson", name))) == [(2, "B (Namn)", "formula_text")]


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "beslut.csv"
    path.write_text("\n".join([HEADER, *[GOOD] * 1203]), encoding="utf-8")
    told: list[tuple[int, int]] = []
    read_decisions(path, today=TODAY, parse_number=str, progress=lambda done, total: told.append((done, total)))
    assert told == [(500, 1203), (1000, 1203), (1203, 1203)]


def test_rows_and_files_are_printed_without_persons(read: Read) -> None:
    file = read(GOOD)
    for shown in (f"{file.rows[0]}", f"{file.rows[0]!r}", f"{file!r}", str(file)):
        assert "DecisionRow(row 2, ********)" in shown
        assert "Elsa" not in shown
        assert ELSA not in shown


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[[Workbook], DecisionFile]:
    def save_and_read(book: Workbook) -> DecisionFile:
        path = tmp_path / "beslut.xlsx"
        book.save(path)
        return read_file(path)

    return save_and_read


ReadBook = Callable[[Workbook], DecisionFile]


def book_with(*rows: list[object]) -> Workbook:
    book = Workbook()
    assert book.active is not None
    book.active.append(HEADER.split(";"))
    for row in rows:
        book.active.append(row)
    return book


def good_cells() -> list[object]:
    return [ELSA, "Elsa Provsson", date(2026, 5, 4), date(2026, 6, 1), date(2028, 5, 31), "hel"]


def test_a_cell_that_shows_only_the_month_means_its_edge(workbook: ReadBook) -> None:
    book = book_with([*good_cells()[:3], date(2026, 6, 1), date(2028, 5, 1), "hel"])
    assert book.active is not None
    for cell in ("D2", "E2"):
        book.active[cell].number_format = "mmm\\-yy"
    (row,) = workbook(book).rows
    assert (row.benefit_from, row.benefit_until) == (date(2026, 6, 1), date(2028, 5, 31))


def test_a_percentage_cell_is_a_level(workbook: ReadBook) -> None:
    book = book_with([*good_cells()[:5], 0.25], [OLLE, *good_cells()[1:5], 1])
    assert book.active is not None
    for cell in ("F2", "F3"):
        book.active[cell].number_format = "0%"
    assert [row.level for row in workbook(book).rows] == ["1/4", "1/1"]


def test_a_level_that_excel_turned_into_a_date_is_named_as_such(workbook: ReadBook) -> None:
    file = workbook(book_with([*good_cells()[:5], date(2026, 2, 1)]))
    assert causes(file) == [(2, "F (Omfattning)", "level_is_date")]


def test_an_error_cell_is_named(workbook: ReadBook) -> None:
    file = workbook(book_with([*good_cells()[:5], "#N/A"]))
    assert causes(file) == [(2, "F (Omfattning)", "error_value")]


def test_a_date_cell_beyond_all_dates_is_an_error_and_no_warning(workbook: ReadBook) -> None:
    book = book_with([*good_cells()[:2], 99_999_999, *good_cells()[3:]])
    assert book.active is not None
    book.active["C2"].number_format = "yyyy-mm-dd"
    assert causes(workbook(book)) == [(2, "C (Beslutsdatum)", "error_value")]


def test_a_formula_without_a_stored_value_is_missing(workbook: ReadBook) -> None:
    file = workbook(book_with([*good_cells()[:2], "=TODAY()", *good_cells()[3:]]))
    assert causes(file) == [(2, "C (Beslutsdatum)", "missing")]


def test_notes_beside_the_columns_of_a_workbook_are_left_alone(workbook: ReadBook) -> None:
    assert len(workbook(book_with([*good_cells(), None, "ringde i går"])).rows) == 1


def test_rows_far_down_keep_their_number(workbook: ReadBook) -> None:
    book = book_with()
    assert book.active is not None
    for column, value in enumerate(good_cells(), start=1):
        book.active.cell(900, column).value = value  # type: ignore[assignment]
    assert [row.row for row in workbook(book).rows] == [900]


def test_hidden_sheets_and_empty_ones_do_not_count(workbook: ReadBook) -> None:
    book = book_with(good_cells())
    book.create_sheet("tomt")
    hidden = book.create_sheet("listor")
    hidden.append(["hel", "halv"])
    hidden.sheet_state = "hidden"
    assert len(workbook(book).rows) == 1


def test_serial_days_of_an_old_mac_are_read(workbook: ReadBook) -> None:
    book = book_with([*good_cells()[:2], (date(2026, 5, 4) - date(1904, 1, 1)).days, *good_cells()[3:]])
    book.epoch = MAC_EPOCH
    assert [row.decided_on for row in workbook(book).rows] == [date(2026, 5, 4)]


def test_every_cause_has_words_in_both_languages() -> None:
    assert set(_CELLS) == set(CellCause)
    assert set(_FILES) == set(FileCause)
    for cause in CellCause:
        problem = CellProblem(7, "C (Beslutsdatum)", cause)
        assert problem.sv().startswith("Rad 7, C (Beslutsdatum): ")
        assert problem.en().startswith("Row 7, C (Beslutsdatum): ")
        assert problem.allowed in problem.sv()
