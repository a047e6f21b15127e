"""Small counts are hidden, and cannot be worked out from what is shown (held against every table that would fit)."""

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from access.counts import SUM, Published, published

Cell = tuple[str, str]


def test_large_counts_are_shown_with_their_sums() -> None:
    shown = published({("lund", "women"): 12, ("lund", "men"): 8})
    assert shown.cells["lund", "women"] == 12
    assert shown.sum_of(row="lund") == 20


def test_a_small_count_takes_the_next_smallest_of_its_row_with_it() -> None:
    shown = published({("all", "work"): 3, ("all", "studies"): 9, ("all", "other"): 20})
    assert (shown.cells["all", "work"], shown.cells["all", "studies"]) == (None, None)
    assert (shown.cells["all", "other"], shown.sum_of(row="all")) == (20, 32)


def test_two_counts_of_one_are_not_enough_to_hide_each_other() -> None:
    """Their sum is 2: whoever knows that nobody hides a nought knows both."""
    shown = published({("all", "work"): 1, ("all", "studies"): 1, ("all", "other"): 20})
    assert [shown.cells["all", name] for name in ("work", "studies", "other")].count(None) == 3


def test_nought_is_shown() -> None:
    shown = published({("a", "x"): 0, ("a", "y"): 7, ("b", "x"): 9, ("b", "y"): 8})
    assert shown.cells["a", "x"] == 0


def test_a_small_sum_is_hidden_too() -> None:
    shown = published({("a", "x"): 2, ("a", "y"): 0, ("b", "x"): 30, ("b", "y"): 40})
    assert shown.sum_of(row="a") is None


def test_the_least_count_shown_can_be_decided() -> None:
    assert published({("a", "x"): 7, ("a", "y"): 70}, smallest=10).cells["a", "x"] is None


def test_an_empty_table_is_published_empty() -> None:
    assert published({}).sum_of() == 0


tables = st.integers(1, 2).flatmap(
    lambda rows: st.integers(1, 3).flatmap(
        lambda columns: st.fixed_dictionaries(
            {(f"r{row}", f"c{column}"): st.integers(0, 4) for row in range(rows) for column in range(columns)}
        )
    )
)


@settings(max_examples=100)
@given(tables, st.integers(2, 4))
def test_a_hidden_small_count_could_be_another_number(counts: Mapping[Cell, int], smallest: int) -> None:
    shown = published(counts, smallest)
    small = {cell for cell, number in counts.items() if 0 < number < smallest}
    assert all(shown.cells[cell] is None for cell in small)
    fitting = list(every_table_that_fits(shown))
    assert all(len({table[cell] for table in fitting}) > 1 for cell in small)


@given(tables, st.integers(2, 4))
def test_what_is_shown_is_true(counts: Mapping[Cell, int], smallest: int) -> None:
    shown = published(counts, smallest)
    assert all(number in {None, counts[cell]} for cell, number in shown.cells.items() if SUM not in cell)


def every_table_that_fits(shown: Published) -> Iterator[Mapping[Cell, int]]:
    """Try every number that each hidden cell could have, as somebody does who knows that noughts are not hidden."""
    hidden = [cell for cell, number in shown.cells.items() if number is None and SUM not in cell]
    rows = sorted({row for row, _ in shown.cells} - {SUM})
    columns = sorted({column for _, column in shown.cells} - {SUM})
    for numbers in product(range(1, 6), repeat=len(hidden)):
        table = {cell: number for cell, number in shown.cells.items() if number is not None and SUM not in cell}
        table |= dict(zip(hidden, numbers, strict=True))
        sums = {(row, SUM): sum(table[row, column] for column in columns) for row in rows}
        sums |= {(SUM, column): sum(table[row, column] for row in rows) for column in columns}
        sums[SUM, SUM] = sum(table.values())
        if all(shown.cells[cell] in {None, number} for cell, number in sums.items()):
            yield table
