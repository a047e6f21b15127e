"""Headers are recognised however they are spelt; what is missing or doubled is named."""

import pytest

from intake.headers import ACCEPTED, find_header, letter, plain
from intake.problems import FileCause, FileProblem

PLAIN = ["Personnummer", "Namn", "Beslutsdatum", "Från och med", "Till och med", "Omfattning"]


def problem_of(rows: list[list[object]]) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        find_header(rows)
    return caught.value


def text_rows(count: int) -> list[list[object]]:
    return [["text"] for _ in range(count)]


@pytest.mark.parametrize(("field", "header"), [(field, header) for field in ACCEPTED for header in ACCEPTED[field]])
def test_every_accepted_header_finds_its_field(field: str, header: str) -> None:
    row = [*PLAIN, "Förnamn", "Efternamn"]
    renamed = [name for name in row if name not in ACCEPTED[field]]
    if field == "name":
        renamed = [name for name in renamed if "namn" not in name]
    if field in {"first_name", "last_name"}:
        renamed.remove("Namn")
    renamed = [name for name in renamed if plain(name) not in {plain(other) for other in ACCEPTED[field]}]
    assert find_header([[*renamed, header]]).columns[field] == len(renamed)


def test_no_header_means_two_things() -> None:
    fields_by_header: dict[str, set[str]] = {}
    for field, headers in ACCEPTED.items():
        for header in headers:
            fields_by_header.setdefault(plain(header), set()).add(field)
    assert [fields for fields in fields_by_header.values() if len(fields) > 1] == []


@pytest.mark.parametrize(
    "written",
    [
        "PERSONNUMMER",
        " Person nummer ",
        "person-nummer",
        "Personnummer:",
        "Personnummer (ÅÅÅÅMMDD-XXXX)",
        "Person-\nnummer",
    ],
)
def test_case_spaces_signs_and_brackets_do_not_matter(written: str) -> None:
    assert find_header([[written, *PLAIN[1:]]]).columns["number"] == 0


@pytest.mark.parametrize(
    ("written", "field"), [("Fr. o. m.", "benefit_from"), ("FRAN", "benefit_from"), ("T.o.m", "benefit_until")]
)
def test_abbreviations_and_missing_accents(written: str, field: str) -> None:
    header = find_header([[written, *(name for name in PLAIN if plain(name) not in map(plain, ACCEPTED[field]))]])
    assert header.columns[field] == 0


def test_title_rows_above_the_header_are_passed_over() -> None:
    rows: list[list[object]] = [["Beslut 2024", None], ["uttag", "Namn"], *text_rows(7), [*PLAIN]]
    assert find_header(rows).place == 9


def test_the_eleventh_row_is_too_late_for_a_header() -> None:
    assert problem_of([*text_rows(10), [*PLAIN]]).cause is FileCause.NO_HEADER


def test_missing_columns_are_named_with_what_is_accepted() -> None:
    problem = problem_of([["Personnummer", "Förnamn", "Beslutsdatum", "From"]])
    assert problem.cause is FileCause.MISSING_COLUMNS
    assert "till och med (t.o.m.," in problem.sv()
    assert "omfattning (" in problem.sv()
    assert "förnamn + efternamn" in problem.sv()
    assert "personnummer" not in problem.sv()


def test_two_columns_for_one_field_are_named() -> None:
    problem = problem_of([[*PLAIN, "Pnr"]])
    assert problem.cause is FileCause.REPEATED_COLUMNS
    assert problem.detail == "A (Personnummer), G (Pnr)"


def test_a_vague_header_gives_way_to_a_clear_one() -> None:
    assert find_header([["Beslut", *PLAIN]]).columns["decided_on"] == 3


def test_a_vague_header_serves_when_it_is_alone() -> None:
    row = ["Beslut" if name == "Beslutsdatum" else name for name in PLAIN]
    assert find_header([[*row]]).columns["decided_on"] == 2


def test_first_and_last_name_serve_as_the_name() -> None:
    header = find_header([["Efternamn", "Förnamn", *(name for name in PLAIN if name != "Namn")]])
    assert header.label("name") == "A (Efternamn)"


def test_a_label_shows_letter_and_header_but_nothing_from_brackets() -> None:
    assert find_header([["Personnummer (t.ex. Elsas)", *PLAIN[1:]]]).label("number") == "A (Personnummer)"


def test_a_header_with_foreign_letters_after_it_is_another_header() -> None:
    assert problem_of([["Personnummer Иванов", *PLAIN[1:]]]).cause is FileCause.MISSING_COLUMNS


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_the_letters_a_spreadsheet_shows(column: int, name: str) -> None:
    assert letter(column) == name
