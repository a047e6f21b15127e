"""Draws a definition as a state diagram: SVG for the pages, Mermaid for documents. No external program."""

from collections.abc import Iterator
from html import escape
from typing import Final

from workflows.diagram_layout import BOX_WIDTH, LINE_HEIGHT, Lane, Layout, Row, lane_ends, lay_out
from workflows.model import Definition

_CORNER: Final = 7
_DASHED: Final = ' stroke-dasharray="6 3"'
_WORDS: Final = {
    "sv": {"about": "Tillståndsdiagram", "now": "Nu", "stay_1": "händelse utan byte", "stay": "händelser utan byte"},
    "en": {"about": "State diagram", "now": "Now", "stay_1": "event that stays", "stay": "events that stay"},
}
_MERMAID_SPECIAL: Final = str.maketrans({char: f"#{ord(char)};" for char in '"#;:<>{}[]\n'})


def to_mermaid(definition: Definition, language: str, current: str | None = None) -> str:
    """Return the diagram as Mermaid text (stateDiagram-v2).

    Args:
        definition: What to draw.
        language: "sv" or "en".
        current: The state to highlight.
    """
    lines = ["stateDiagram-v2", "    direction TB"]
    for state in definition.states.values():
        lines.append(f'    state "{_plain(state.title.in_language(language))}" as s_{state.name}')
    lines.append(f"    [*] --> s_{definition.initial}")
    for transition in definition.transitions.values():
        for source in (name for name in definition.states if name in transition.sources):
            target = transition.to or source
            lines.append(f"    s_{source} --> s_{target}: {_plain(transition.title.in_language(language))}")
    lines += [f"    s_{state.name} --> [*]" for state in definition.states.values() if state.final]
    if current is not None:
        lines += ["    classDef current font-weight:bold,stroke-width:3px", f"    class s_{current} current"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.translate(_MERMAID_SPECIAL)


def to_svg(definition: Definition, language: str, current: str | None = None) -> str:
    """Return the diagram as an SVG element to put into a page.

    It is drawn in `currentColor`; the page themes it through the classes `state`, `current`, `final`, `edge`, `label`,
    `note` and `lane`. Events that leave the state as it is are counted in its box and listed in its tooltip.

    Args:
        definition: What to draw.
        language: "sv" or "en".
        current: The state to highlight.
    """
    layout = lay_out(definition, language)
    key = f"d{definition.digest[:8]}"
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="state-diagram" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" font-family="system-ui, sans-serif" fill="currentColor">',
        *_words(definition, language, current, key),
        f'<defs><marker id="{key}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
        *_lines(layout, key),
        *(box for row in layout.rows for box in _box(layout, row, language, current)),
        "</svg>",
    ]
    return "\n".join(parts)


def _words(definition: Definition, language: str, current: str | None, key: str) -> Iterator[str]:
    words = _WORDS[language]
    yield f'<title id="{key}-title">{words["about"]}: {escape(definition.title.in_language(language))}</title>'
    titles = {name: state.title.in_language(language) for name, state in definition.states.items()}
    moves = [
        f"{titles[source]} → {titles[t.to]}: {t.title.in_language(language)}."
        for t in definition.transitions.values()
        for source in titles
        if t.to and source in t.sources
    ]
    now = [f"{words['now']}: {titles[current]}."] if current is not None else []
    yield f'<desc id="{key}-desc">{escape(" ".join(now + moves))}</desc>'


def _lines(layout: Layout, key: str) -> Iterator[str]:
    arrow = f'marker-end="url(#{key}-arrow)"'
    middle = layout.box_x + BOX_WIDTH / 2
    for row, below in zip(layout.rows, layout.rows[1:], strict=False):
        if row.down:
            bottom = row.y + row.height
            yield _path(f"M{middle:g} {bottom:g}V{below.y - 1:g}", "edge", arrow)
            for number, line in enumerate(row.down):
                yield _text(middle + 9, bottom + 20 + LINE_HEIGHT * number, line, "label", "start")
    for lane in layout.left:
        yield from _lane(layout, lane, arrow, leftwards=True)
    for lane in layout.right:
        yield from _lane(layout, lane, arrow, leftwards=False)


def _lane(layout: Layout, lane: Lane, arrow: str, *, leftwards: bool) -> Iterator[str]:
    side, out = (layout.box_x, -1) if leftwards else (layout.box_end, 1)
    x = layout.lane_x(lane, leftwards=leftwards)
    turn, inner = out * _CORNER, x - out * _CORNER
    for start, end in lane_ends(lane):
        down = _CORNER if end.y > start.y else -_CORNER
        way = f"M{side:g} {start.y:g}H{inner:g}q{turn:g} 0 {turn:g} {down:g}V{end.y - down:g}"
        yield _path(f"{way}q0 {down:g} {-turn:g} {down:g}H{side + out:g}", "edge lane", arrow)
    lines = lane.arrival.label
    for number, line in enumerate(lines):
        y = lane.arrival.y - 5 - LINE_HEIGHT * (len(lines) - 1 - number)
        yield _text(side + out * 12, y, line, "label", "end" if leftwards else "start")


def _box(layout: Layout, row: Row, language: str, current: str | None) -> Iterator[str]:
    now = row.state.name == current
    classes = "state" + (" current" if now else "") + (" final" if row.state.final else "")
    yield f'<g class="{classes}">'
    if row.staying:
        yield f"<title>{escape('; '.join(row.staying))}</title>"
    yield (
        f'<rect x="{layout.box_x:g}" y="{row.y:g}" width="{BOX_WIDTH}" height="{row.height:g}" rx="10" '
        f'fill-opacity="{0.16 if now else 0.04}" stroke="currentColor" stroke-width="{3 if now else 1.5}"'
        f"{_DASHED if row.state.final else ''}/>"
    )
    middle = layout.box_x + BOX_WIDTH / 2
    texts = len(row.title) * 18 + (LINE_HEIGHT if row.staying else 0)
    y = row.y + (row.height - texts) / 2 + 14
    for number, line in enumerate(row.title):
        yield _text(
            middle, y + 18 * number, line, "name", "middle", f'font-size="15" font-weight="{700 if now else 600}"'
        )
    if row.staying:
        words = _WORDS[language]
        note = f"↻ {len(row.staying)} {words['stay_1' if len(row.staying) == 1 else 'stay']}"
        yield _text(middle, y + 18 * len(row.title), note, "note", "middle", 'font-size="11.5" opacity="0.75"')
    yield "</g>"


def _path(way: str, classes: str, more: str) -> str:
    return f'<path class="{classes}" d="{way}" fill="none" stroke="currentColor" stroke-width="1.4" {more}/>'


def _text(x: float, y: float, text: str, classes: str, anchor: str, more: str = 'font-size="12.5"') -> str:
    return f'<text class="{classes}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
