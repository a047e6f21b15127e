"""Diagrams of definitions: everything in them, nothing on top of each other, and no text that could break a page."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workflows.catalogue import load_packaged, packaged
from workflows.diagram import to_mermaid, to_svg
from workflows.diagram_layout import lay_out
from workflows.reader import read_definition

SMALL = (Path(__file__).parents[2] / "fixtures" / "small.yaml").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"
CASES = [(name, language) for name in packaged() for language in ("sv", "en")]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own output


def words(element: ElementTree.Element) -> str:
    return " ".join(text.text or "" for text in element.iter(f"{SVG}text"))


@pytest.mark.parametrize(("name", "language"), CASES)
def test_every_state_and_every_move_is_drawn(name: str, language: str) -> None:
    definition = load_packaged(name)
    drawn = words(parsed(to_svg(definition, language)))
    shown = [state.title for state in definition.states.values()]
    shown += [t.title for t in definition.transitions.values() if t.to]
    assert all(word in drawn for title in shown for word in title.in_language(language).split())


@pytest.mark.parametrize(("name", "language"), CASES)
def test_boxes_do_not_overlap_and_everything_is_inside(name: str, language: str) -> None:
    layout = lay_out(load_packaged(name), language)
    for row, below in zip(layout.rows, layout.rows[1:], strict=False):
        assert row.y + row.height < below.y
    assert layout.rows[-1].y + layout.rows[-1].height < layout.height
    assert layout.box_end < layout.width


@pytest.mark.parametrize(("name", "language"), CASES)
def test_lines_leave_their_box_at_places_of_their_own(name: str, language: str) -> None:
    for row in lay_out(load_packaged(name), language).rows:
        for side in (row.left, row.right):
            places = [port.y for port in side]
            assert len(set(places)) == len(places)
            assert all(row.y < place < row.y + row.height for place in places)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_lines_in_the_same_lane_share_no_row(name: str, language: str) -> None:
    layout = lay_out(load_packaged(name), language)
    for lanes in (layout.left, layout.right):
        passed = [(lane.number, row) for lane in lanes for row in lane.rows]
        assert len(set(passed)) == len(passed)


@pytest.mark.parametrize("name", packaged())
def test_a_diagram_fits_a_page_800_pixels_wide_without_shrinking(name: str) -> None:
    assert lay_out(load_packaged(name), "sv").width <= 800


def test_only_the_current_state_is_highlighted() -> None:
    svg = parsed(to_svg(load_packaged("akt-sam"), "sv", "following"))
    current = [g for g in svg.iter(f"{SVG}g") if "current" in g.get("class", "").split()]
    assert [words(g).split(" ↻")[0] for g in current] == ["Plan följs"]


def test_without_a_current_state_nothing_is_highlighted() -> None:
    assert 'class="state current' not in to_svg(load_packaged("akt-sam"), "sv")


def test_a_diagram_is_described_in_words() -> None:
    svg = parsed(to_svg(load_packaged("akt-sam"), "en", "following"))
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (svg.get("aria-labelledby") or "").split() == [title.get("id"), description.get("id")]
    assert (description.text or "").startswith("Now: Following the plan. Granted → First meeting booked: Book first")


def test_events_that_stay_are_counted_in_the_box_and_named_in_its_tooltip() -> None:
    svg = parsed(to_svg(read_definition(SMALL, "small"), "en"))
    box = next(svg.iter(f"{SVG}g"))
    assert words(box) == "Granted ↻ 2 events that stay"
    assert box.findtext(f"{SVG}title") == "Record consent; Book meeting"


def test_colours_are_left_to_the_page() -> None:
    colours = re.findall(r'(?:fill|stroke)="([^"]*)"', to_svg(load_packaged("akt-sam"), "sv"))
    assert set(colours) == {"currentColor", "none"}


def test_text_cannot_become_markup() -> None:
    definition = read_definition(SMALL.replace("Mottagning", "x").replace("Beviljad", "'<script>&'"), "small")
    assert "<script>" not in to_svg(definition, "sv")
    assert "<script>&" in words(parsed(to_svg(definition, "sv")))


@pytest.mark.parametrize("name", packaged())
def test_mermaid_draws_one_arrow_for_every_source_of_every_transition(name: str) -> None:
    definition = load_packaged(name)
    arrows = [line for line in to_mermaid(definition, "sv").splitlines() if "-->" in line and "[*]" not in line]
    assert len(arrows) == sum(len(t.sources) for t in definition.transitions.values())


def test_mermaid_marks_the_current_state() -> None:
    assert "class s_following current" in to_mermaid(load_packaged("akt-sam"), "sv", "following")


def test_mermaid_text_cannot_end_its_line() -> None:
    definition = read_definition(SMALL.replace("Avsluta,", "'a: b; \"c\"',"), "small")
    assert "s_following --> s_closed: a#58; b#59; #34;c#34;" in to_mermaid(definition, "sv")
