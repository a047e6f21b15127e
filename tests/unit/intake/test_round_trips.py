"""Whatever accepted way a clinic writes a row, it is read back equal. Here files are written the ways clinics do."""

import csv
import io
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from access.personnumbers import PersonalNumber, synthetic_number, synthetic_serials
from intake.dates import MONTHS
from intake.decisions import DecisionFile, DecisionRow, read_decisions
from intake.headers import ACCEPTED

TODAY = date(2026, 11, 22)
SPELLINGS = {
    "1/4": ["1/4", "25 %", "en fjärdedel"],
    "1/2": ["1/2", "50%", "Halv"],
    "3/4": ["3/4", "75", "tre fjärdedelar"],
    "1/1": ["1/1", "100 %", "Hel"],
}


@dataclass(frozen=True)
class Manner:
    """One clinic's way of writing a file."""

    encoding: str
    delimiter: str
    newline: str
    quoting: Literal[0, 1]  # csv.QUOTE_MINIMAL or csv.QUOTE_ALL
    title_rows: int
    headers: dict[str, str]
    order: list[str]
    date_form: int
    number_form: int
    spelling: int
    split_name: bool


def parse_number(text: str) -> str:
    return PersonalNumber.parse(text, today=TODAY).digits


letters = st.sampled_from("abcdefghijklmnopqrstuvwxyzåäöéü")
words = st.text(letters, min_size=1, max_size=12).map(str.capitalize)
names = st.tuples(words, words).map(" ".join)
births = st.dates(date(1996, 1, 1), date(2007, 12, 31))
numbers = births.flatmap(
    lambda day: st.sampled_from(synthetic_serials(day)).map(lambda n: synthetic_number(day, n).digits)
)
starts = st.dates(date(2023, 1, 1), TODAY)

decisions = st.builds(
    DecisionRow,
    row=st.just(0),
    number=numbers,
    name=names,
    municipality=words,
    decided_on=st.dates(date(2022, 1, 1), TODAY),
    benefit_from=starts,
    benefit_until=st.just(date.max),
    level=st.sampled_from(sorted(SPELLINGS)),
    unit=words,
    coordinator=words.map(lambda word: f"{word}@example.org"),
    handler=words,
    first_grant=st.sampled_from([True, False, None]),
    protected=st.booleans(),
)
periods = st.integers(0, 3 * 365 - 1)
rows = st.tuples(decisions, periods).map(
    lambda pair: replace(pair[0], benefit_until=pair[0].benefit_from + timedelta(pair[1]))
)
files = st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: (row.number, row.decided_on))

FIELDS = [field for field in ACCEPTED if field not in {"first_name", "last_name"}]
manners = st.builds(
    Manner,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    delimiter=st.sampled_from([";", ",", "\t"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    title_rows=st.integers(0, 9),
    headers=st.fixed_dictionaries({field: st.sampled_from(headers) for field, headers in ACCEPTED.items()}),
    order=st.permutations(FIELDS),
    date_form=st.integers(0, 4),
    number_form=st.integers(0, 2),
    spelling=st.integers(0, 2),
    split_name=st.booleans(),
)


def written_date(day: date, form: int) -> str:
    return [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.day}/{day.month} {day.year}",
        f"{day:%d.%m.%Y}",
        f"{day.day} {MONTHS[day.month - 1][0]} {day.year}",
    ][form]


def written_number(digits: str, form: int) -> str:
    return [digits, f"{digits[:8]}-{digits[8:]}", f"{digits[2:8]}-{digits[8:]}"][form]


def texts(row: DecisionRow, manner: Manner) -> dict[str, Any]:
    """The cells of a row by field, as this clinic writes them."""
    first, last = row.name.split(" ")
    return {
        "number": written_number(row.number, manner.number_form),
        "name": row.name,
        "first_name": first,
        "last_name": last,
        "municipality": row.municipality,
        "decided_on": written_date(row.decided_on, manner.date_form),
        "benefit_from": written_date(row.benefit_from, manner.date_form),
        "benefit_until": written_date(row.benefit_until, manner.date_form),
        "level": SPELLINGS[row.level][manner.spelling],
        "unit": row.unit,
        "coordinator": row.coordinator,
        "handler": row.handler,
        "first_grant": {True: "ja", False: "Nej", None: ""}[row.first_grant],
        "protected": "JA" if row.protected else "",
    }


def grid(written: list[DecisionRow], manner: Manner) -> list[list[Any]]:
    fields: list[str] = []
    for field in manner.order:
        fields += ["first_name", "last_name"] if field == "name" and manner.split_name else [field]
    cells = [texts(row, manner) for row in written]
    title = [[f"Uttag {number}"] for number in range(manner.title_rows)]
    return [*title, [manner.headers[field] for field in fields], *([row[field] for field in fields] for row in cells)]


def csv_bytes(cells: list[list[Any]], manner: Manner) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=manner.delimiter, lineterminator=manner.newline, quoting=manner.quoting).writerows(cells)
    return out.getvalue().encode(manner.encoding)


def xlsx_bytes(cells: list[list[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> DecisionFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "beslut"
        path.write_bytes(data)
        return read_decisions(path, today=TODAY, parse_number=parse_number)


def numbered(written: list[DecisionRow], manner: Manner) -> tuple[DecisionRow, ...]:
    return tuple(replace(row, row=manner.title_rows + 2 + place) for place, row in enumerate(written))


@given(files, manners)
def test_a_csv_file_is_read_back_equal(written: list[DecisionRow], manner: Manner) -> None:
    result = read(csv_bytes(grid(written, manner), manner))
    assert result.problems == ()
    assert result.rows == numbered(written, manner)
    assert (result.format, result.delimiter) == ("csv", manner.delimiter)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files, manners)
def test_a_workbook_of_text_is_read_back_equal(written: list[DecisionRow], manner: Manner) -> None:
    result = read(xlsx_bytes(grid(written, manner)))
    assert result.problems == ()
    assert result.rows == numbered(written, manner)
    assert (result.format, result.encoding, result.delimiter) == ("xlsx", None, None)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files, manners, st.sampled_from(["date", "datetime", "serial"]))
def test_a_workbook_of_typed_cells_is_read_back_equal(written: list[DecisionRow], manner: Manner, kind: str) -> None:
    cells = grid(written, manner)
    places = [
        cells[manner.title_rows].index(manner.headers[f]) for f in ("decided_on", "benefit_from", "benefit_until")
    ]
    for row, line in zip(written, cells[manner.title_rows + 1 :], strict=True):
        days = (row.decided_on, row.benefit_from, row.benefit_until)
        for place, day in zip(places, days, strict=True):
            serial = (day - date(1899, 12, 30)).days
            line[place] = {"date": day, "datetime": datetime(day.year, day.month, day.day), "serial": serial}[kind]  # noqa: DTZ001
        line[cells[manner.title_rows].index(manner.headers["number"])] = int(row.number)
    assert read(xlsx_bytes(cells)).rows == numbered(written, manner)


MARK = "qzjvxkwy"
"""A run of letters that is in no message: a value that contains it must not be found in any."""
spoilt = st.sampled_from(
    [
        MARK,
        f"={MARK}",
        f"#{MARK}",
        f"{MARK}\u202e",
        f"\x00{MARK}",
        MARK * 30,
        f"{MARK}/1 2024",
        f"19980317-{MARK[:4]}",
        f"1{MARK}",
    ]
)


@given(files, manners, st.lists(st.tuples(st.sampled_from(FIELDS), spoilt), min_size=1, max_size=4))
def test_no_problem_quotes_a_cell(written: list[DecisionRow], manner: Manner, spoils: list[tuple[str, str]]) -> None:
    manner = replace(manner, split_name=False, encoding="utf-8", quoting=csv.QUOTE_ALL)
    cells = grid(written, manner)
    for field, value in spoils:
        cells[-1][manner.order.index(field)] = value
    result = read(csv_bytes(cells, manner))
    told = " ".join(f"{problem.sv()} {problem.en()} {problem!r}" for problem in result.problems)
    assert MARK[:4] not in told
    for row in written:
        assert not any(word in told for word in (row.number, row.number[2:8], row.coordinator))


@given(files, manners)
def test_a_bad_row_costs_no_other_row(written: list[DecisionRow], manner: Manner) -> None:
    manner = replace(manner, split_name=False)
    cells = grid(written, manner)
    cells[-1][manner.order.index("level")] = "okänd"
    result = read(csv_bytes(cells, manner))
    assert result.rows == numbered(written, manner)[:-1]
    assert [(problem.row, problem.cause) for problem in result.problems] == [(len(cells), "bad_level")]
