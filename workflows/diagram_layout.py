"""Where the boxes and lines of a state diagram go.

One state per row, in the order of the definition, which is the order in which they usually come. A transition to the
next row is a straight arrow; those that skip rows run in lanes to the right of the boxes, those that lead back to the
left. Transitions with the same title and target share a line, so "leaves the programme" is one line and not five.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from textwrap import wrap
from typing import Final

from workflows.model import Definition, State, Transition

BOX_WIDTH: Final = 230
LABEL_WIDTH: Final = 200
LANE_WIDTH: Final = 16
MARGIN: Final = 14
LINE_HEIGHT: Final = 15
CHARACTER: Final = 6.6  # the width of a usual letter at the size of labels, in pixels

_TITLE_LETTERS: Final = 22
_LABEL_LETTERS: Final = 29
_ROW_GAP: Final = 34
_PORT_HEIGHT: Final = 16


@dataclass(slots=True)
class Port:
    """Where a line meets a box: its height, and the label that stands on the line there."""

    label: tuple[str, ...] = ()
    y: float = 0

    @property
    def height(self) -> float:
        """How much of the side of the box it takes."""
        return _PORT_HEIGHT + LINE_HEIGHT * len(self.label)


@dataclass(slots=True)
class Lane:
    """A line beside the boxes, from some rows to one other row."""

    sources: dict[int, Port]
    target: int
    arrival: Port
    number: int = 0

    @property
    def rows(self) -> range:
        """The rows it passes."""
        ends = [*self.sources, self.target]
        return range(min(ends), max(ends) + 1)


@dataclass(slots=True)
class Row:
    """A state's box, the ports on its sides, and the labels of the arrow to the next row."""

    state: State
    title: tuple[str, ...]
    staying: tuple[str, ...]
    down: tuple[str, ...] = ()
    left: list[Port] = field(default_factory=list)
    right: list[Port] = field(default_factory=list)
    y: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole diagram. All measures in pixels, from the top left corner."""

    rows: tuple[Row, ...]
    left: tuple[Lane, ...]
    right: tuple[Lane, ...]
    box_x: float
    width: float
    height: float

    @property
    def box_end(self) -> float:
        """The right edge of the boxes."""
        return self.box_x + BOX_WIDTH

    def lane_x(self, lane: Lane, *, leftwards: bool) -> float:
        """Return where a lane runs."""
        away = LABEL_WIDTH + LANE_WIDTH * (lane.number + 1)
        return self.box_x - away if leftwards else self.box_end + away


def lay_out(definition: Definition, language: str) -> Layout:
    """Place everything."""
    states = list(definition.states.values())
    transitions = list(definition.transitions.values())
    rows = [_row(state, transitions, language) for state in states]
    index = {state.name: number for number, state in enumerate(states)}
    left, right = _lanes(transitions, index, rows, language)
    height = _stack(rows)
    left_width = _gutter(left)
    longest = max((len(line) for row in rows for line in row.down), default=0)
    right_width = max(_gutter(right), 10 + longest * CHARACTER - BOX_WIDTH / 2)
    box_x = MARGIN + left_width
    return Layout(tuple(rows), left, right, box_x, box_x + BOX_WIDTH + right_width + MARGIN, height)


def _row(state: State, transitions: Sequence[Transition], language: str) -> Row:
    staying = [t for t in transitions if state.name in t.sources and t.to in {None, state.name}]
    return Row(
        state,
        tuple(wrap(state.title.in_language(language), _TITLE_LETTERS)),
        tuple(t.title.in_language(language) for t in staying),
    )


def _lanes(
    transitions: Sequence[Transition], index: dict[str, int], rows: list[Row], language: str
) -> tuple[tuple[Lane, ...], tuple[Lane, ...]]:
    """Return the lines to the left and to the right; short ones run nearest to the boxes."""
    left: list[Lane] = []
    right: list[Lane] = []
    for transition in transitions:
        if transition.to is None:
            continue
        target, title = index[transition.to], transition.title.in_language(language)
        sources = sorted(index[name] for name in transition.sources)
        if target - 1 in sources:
            rows[target - 1].down += (title,)
        label = tuple(wrap(title, _LABEL_LETTERS))
        skipping = [row for row in sources if row < target - 1]
        returning = [row for row in sources if row > target]
        right += [Lane({row: Port() for row in skipping}, target, Port(label))] if skipping else []
        left += [Lane({row: Port() for row in returning}, target, Port(label))] if returning else []
    for lanes in (left, right):
        lanes.sort(key=lambda lane: (len(lane.rows), lane.target))
        _number(lanes)
    _attach(left, rows, leftwards=True)
    _attach(right, rows, leftwards=False)
    return tuple(left), tuple(right)


def _number(lanes: list[Lane]) -> None:
    for position, lane in enumerate(lanes):
        taken = {other.number for other in lanes[:position] if set(other.rows) & set(lane.rows)}
        lane.number = next(number for number in count() if number not in taken)


def _attach(lanes: list[Lane], rows: list[Row], *, leftwards: bool) -> None:
    """Put the ports on the boxes. Lines that go down arrive above those that leave; lines that go up, below."""
    arrivals = [(lane.target, lane.arrival) for lane in lanes]
    departures = [(row, port) for lane in lanes for row, port in lane.sources.items()]
    for row, port in departures + arrivals if leftwards else arrivals + departures:
        (rows[row].left if leftwards else rows[row].right).append(port)


def _stack(rows: list[Row]) -> float:
    """Give rows and ports their heights; return the height of the whole."""
    y = float(MARGIN)
    for row in rows:
        text = 20 + 18 * len(row.title) + (LINE_HEIGHT if row.staying else 0)
        row.y, row.height = y, max([text, *(sum(p.height for p in side) + 8 for side in (row.left, row.right))])
        for side in (row.left, row.right):
            _spread(side, row)
        y += row.height + _ROW_GAP + LINE_HEIGHT * max(0, len(row.down) - 1)
    return rows[-1].y + rows[-1].height + MARGIN


def _spread(ports: list[Port], row: Row) -> None:
    free = (row.height - sum(port.height for port in ports)) / 2
    y = row.y + free
    for port in ports:
        y += port.height
        port.y = y - _PORT_HEIGHT / 2


def _gutter(lanes: Sequence[Lane]) -> float:
    return LABEL_WIDTH + LANE_WIDTH * (1 + max(lane.number for lane in lanes)) + 2 if lanes else 0


def lane_ends(lane: Lane) -> Iterator[tuple[Port, Port]]:
    """Yield where each part of a line begins and ends."""
    for port in lane.sources.values():
        yield port, lane.arrival
