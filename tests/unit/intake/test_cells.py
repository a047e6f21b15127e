"""Cells: levels, yes and no, names, and text that is safe to keep."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.cells import read_level, read_name, read_number, read_text, read_yes_no
from intake.problems import CellCause, CellError
from intake.table import Cell


def refuse(_text: str) -> str:
    raise ValueError


def text_cause(value: Cell) -> CellCause:
    with pytest.raises(CellError) as caught:
        read_text(value)
    return caught.value.cause


def level_cause(value: Cell) -> CellCause:
    with pytest.raises(CellError) as caught:
        read_level(value)
    return caught.value.cause


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("1/4", "1/4"),
        ("25 %", "1/4"),
        ("25%", "1/4"),
        ("En fjärdedel", "1/4"),
        ("en fjärdedels ersättning", "1/4"),
        ("¼", "1/4"),
        ("½", "1/2"),
        ("halv", "1/2"),
        ("Halv aktivitetsersättning", "1/2"),
        (50, "1/2"),
        (0.5, "1/2"),
        ("0.75", "3/4"),
        ("TRE FJÄRDEDELAR", "3/4"),
        ("75", "3/4"),
        ("hel", "1/1"),
        ("100 %", "1/1"),
        ("1/1", "1/1"),
        (100, "1/1"),
    ],
)
def test_a_level_is_read_in_words_fractions_and_percentages(written: Cell, level: str) -> None:
    assert read_level(written) == level


@pytest.mark.parametrize("written", ["2/3", "33 %", "1", 1, "delvis", "ersättning", "100 kr"])
def test_other_levels_are_refused(written: Cell) -> None:
    assert level_cause(written) is CellCause.BAD_LEVEL


def test_a_level_that_excel_made_a_date_is_named_as_such() -> None:
    assert level_cause(date(2024, 2, 1)) is CellCause.LEVEL_IS_DATE


@pytest.mark.parametrize("written", [None, "", "  ", "-", "–", "\n"])
def test_an_empty_level_is_missing(written: Cell) -> None:
    assert level_cause(written) is CellCause.MISSING


@pytest.mark.parametrize(
    ("written", "answer"),
    [("Ja", True), ("x", True), (1, True), ("nej", False), ("N", False), ("", None), (None, None)],
)
def test_yes_and_no(written: Cell, answer: bool | None) -> None:
    assert read_yes_no(written) is answer


@pytest.mark.parametrize("written", ["kanske", "?", 2])
def test_neither_yes_nor_no_is_refused(written: Cell) -> None:
    with pytest.raises(CellError) as caught:
        read_yes_no(written)
    assert caught.value.cause is CellCause.BAD_YES_NO


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+46", "@SUM(A1)", "-1+2", " =1", "\u00a0=1"])
def test_text_that_a_spreadsheet_would_run_is_refused(text: str) -> None:
    assert text_cause(text) is CellCause.FORMULA_TEXT


@pytest.mark.parametrize("text", ["#N/A", "#SAKNAS!", "#######"])
def test_an_excel_error_is_refused(text: str) -> None:
    assert text_cause(text) is CellCause.ERROR_VALUE


@pytest.mark.parametrize("hidden", ["\x00", "\n", "\r", "\t", "\x1b", "\u202e", "\u200b", "\ufeff", "\u2028", "\ue000"])
def test_hidden_characters_are_refused(hidden: str) -> None:
    assert text_cause(f"Elsa{hidden}Provsson") is CellCause.CONTROL_CHARACTER


def test_text_has_200_characters_at_most() -> None:
    assert read_text("å" * 200) == "å" * 200
    assert text_cause("å" * 201) is CellCause.TOO_LONG


def test_hard_spaces_become_plain_ones() -> None:
    assert read_text(" Elsa\u00a0 Provsson\u202f") == "Elsa Provsson"


def test_decomposed_letters_are_composed() -> None:
    assert read_text(unicodedata.normalize("NFD", "Åsa Örn")) == "Åsa Örn"


@given(st.text(max_size=250))
def test_text_that_passes_is_plain_and_stays_as_it_is(text: str) -> None:
    try:
        read = read_text(text)
    except CellError:
        return
    assert read.isprintable()
    assert read_text(read) == read


@pytest.mark.parametrize("text", ["12345", "...", "1 2"])
def test_a_name_has_letters(text: str) -> None:
    with pytest.raises(CellError) as caught:
        read_name(text)
    assert caught.value.cause is CellCause.NO_LETTERS


@pytest.mark.parametrize("text", ["1,998E+11", "1.99803E+11", "2E11"])
def test_a_number_the_spreadsheet_rounded_is_named_as_such(text: str) -> None:
    with pytest.raises(CellError) as caught:
        read_number(text, refuse)
    assert caught.value.cause is CellCause.ROUNDED_NUMBER


def test_a_personal_number_kept_as_a_number_is_read() -> None:
    assert read_number(199803172387, str) == read_number(199803172387.0, str) == "199803172387"


def test_a_refusal_without_a_known_cause_is_a_bad_number() -> None:
    with pytest.raises(CellError) as caught:
        read_number("abc", refuse)
    assert caught.value.cause is CellCause.BAD_NUMBER
    assert caught.value.__context__ is None
