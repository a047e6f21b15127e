"""Small counts in what leaves the house: hidden, and with them as much as it takes that nobody can work them out. Pure.

A table is published with its sums. A small count alone in its row is the row's sum less the others, so another number
of the row is hidden too, and so on until every small count could be at least two numbers. Whether it could is decided
exactly: the tables that fit the published numbers differ by amounts that go round in circles through hidden cells.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

SMALLEST = 5  # the least count that is shown, where nothing else is decided
SUM = ""  # names the row or column of sums

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """What may be shown. None is a count that is hidden; the row or column named `SUM` holds the sums."""

    cells: Mapping[Cell, int | None]

    def sum_of(self, row: str = SUM, column: str = SUM) -> int | None:
        """Return the sum of a row, a column or, without either, of all."""
        return self.cells[row, column]


def published(counts: Mapping[Cell, int], smallest: int = SMALLEST) -> Published:
    """Return a table of persons with its sums, safe to show to whoever may not see the persons.

    Args:
        counts: how many, by (row, column); a pair that is missing is nought. A list is a table of one row.
        smallest: counts from 1 to one less are hidden; nought is shown, since it is nobody.
    """
    whole = _with_sums(counts)
    small = {cell for cell, number in whole.items() if 0 < number < smallest}
    hidden = set(small)
    while bare := next((cell for cell in sorted(small) if is_known(whole, hidden, cell)), None):
        if (more := _next_to_hide(whole, hidden, bare)) is None:
            break  # everything but noughts is hidden
        hidden.add(more)
    return Published({cell: None if cell in hidden else number for cell, number in whole.items()})


def is_known(whole: Mapping[Cell, int], hidden: Collection[Cell], cell: Cell) -> bool:
    """Say whether a hidden number follows from those that are shown, for somebody who knows that nobody hides a nought.

    Args:
        whole: every number with its sums.
        hidden: the cells that are not shown.
        cell: one of them.
    """
    return not any(_is_linked(whole, hidden, start, end, cell) for start, end in (_ends(cell), _ends(cell)[::-1]))


def _with_sums(counts: Mapping[Cell, int]) -> dict[Cell, int]:
    rows, columns = sorted({row for row, _ in counts}), sorted({column for _, column in counts})
    whole = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    for row in rows:
        whole[row, SUM] = sum(whole[row, column] for column in columns)
    for column in (*columns, SUM):
        whole[SUM, column] = sum(whole[row, column] for row in rows)
    return whole


def _ends(cell: Cell) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the row and the column of a cell as points; a circle through points leaves every sum as it was."""
    return ("row", cell[0]), ("column", cell[1])


def _steps(whole: Mapping[Cell, int], hidden: Collection[Cell]) -> Iterator[tuple[Cell, object, object]]:
    """Give every way in which one hidden number could be one more, or one less, as a step from point to point."""
    for cell in hidden:
        row, column = _ends(cell)
        is_sum = (cell[0] == SUM) != (cell[1] == SUM)  # sums stand on the other side of the equation
        more, less = ((column, row), (row, column)) if is_sum else ((row, column), (column, row))
        yield cell, *more
        if whole[cell] > 1:
            yield cell, *less


def _is_linked(whole: Mapping[Cell, int], hidden: Collection[Cell], start: object, end: object, without: Cell) -> bool:
    """Say whether steps through other hidden cells lead back, so that the cell itself could have taken one."""
    if (without, end, start) not in set(_steps(whole, hidden)):
        return False
    reached, found = {start}, [start]
    while found:
        point = found.pop()
        for cell, begins, ends in _steps(whole, hidden):
            if cell != without and begins == point and ends not in reached:
                reached.add(ends)
                found.append(ends)
    return end in reached


def _next_to_hide(whole: Mapping[Cell, int], hidden: Collection[Cell], bare: Cell) -> Cell | None:
    """Return what to hide next: near the one that can be worked out, sums last, few persons first; never a nought."""

    def cost(cell: Cell) -> tuple[bool, bool, bool, int, Cell]:
        is_near = cell[0] == bare[0] or cell[1] == bare[1]
        return not _is_company(cell, bare, hidden), not is_near, SUM in cell, whole[cell], cell

    return min((cell for cell, number in whole.items() if number and cell not in hidden), key=cost, default=None)


def _is_company(cell: Cell, bare: Cell, hidden: Collection[Cell]) -> bool:
    """Say whether a cell stands in the row or column in which the other is hidden alone."""
    row_alone = cell[0] == bare[0] and sum(other[0] == bare[0] for other in hidden) == 1
    column_alone = cell[1] == bare[1] and sum(other[1] == bare[1] for other in hidden) == 1
    return row_alone or column_alone
