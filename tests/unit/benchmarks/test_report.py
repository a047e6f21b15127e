"""What benchmarks find is kept for each workload, and no goal is called kept that was not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks.report import Occasion, table, write
from benchmarks.results import Goal, Result, Row, from_json, rate_at_least, time_at_most, to_json

ROWS = (Row.of("by hand", [100, 300, 200]), Row.of("Bevaka", [400, 100, 100], "a note"))
OCCASION = Occasion.of(date(2024, 1, 31), "18.6", "python -m benchmarks w1")


def result(title: str = "W1, one client", *goals: Goal) -> Result:
    return Result("w1", title, "per second", ROWS, 3, "by hand", goals, ("A remark.",))


def test_a_row_has_the_median_and_the_spread() -> None:
    assert (ROWS[0].median, ROWS[0].low, ROWS[0].high) == (200, 100, 300)


def test_a_goal_on_time_is_the_other_rate_divided_by_ours() -> None:
    goal = time_at_most(ROWS, "Bevaka", "by hand", 1.5)
    assert (goal.measured, goal.kept) == (2.0, False)


def test_a_goal_on_rates_is_kept_at_its_limit() -> None:
    assert rate_at_least(ROWS, "Bevaka", "by hand", 0.5).kept
    assert not rate_at_least(ROWS, "Bevaka", "by hand", 0.51).kept


def test_a_result_comes_back_from_its_json_as_it_was() -> None:
    one = result("W1", time_at_most(ROWS, "Bevaka", "by hand", 1.5))
    assert from_json(to_json(one)) == one


def test_a_side_that_did_not_take_part_has_no_row() -> None:
    with pytest.raises(KeyError):
        result().row("nobody")


def test_a_table_has_each_side_with_its_ratio_and_each_goal_with_its_verdict() -> None:
    text = table(result("W1", time_at_most(ROWS, "Bevaka", "by hand", 1.5)))
    assert "| Bevaka | 100 | 100–400 | 0.50 | a note |" in text
    assert "Measured 2.00: **not kept**" in text


def test_figures_without_a_reference_have_no_ratio() -> None:
    text = table(Result("memory", "Memory", "MB", ROWS, 1))
    assert "| Bevaka | 100 | 100–400 | a note |" in text


def test_one_workload_run_anew_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    write({"w1": [result("old")], "w2": [result("other")]}, OCCASION, page, figures)
    write({"w1": [result("new")]}, OCCASION, page, figures)
    text = page.read_text(encoding="utf-8")
    assert ("### new" in text, "### old" in text, "### other" in text) == (True, False, True)


def test_the_page_gathers_the_goals_of_all(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write({"w1": [result("W1", time_at_most(ROWS, "Bevaka", "by hand", 1.5))]}, OCCASION, page, tmp_path / "f.json")
    assert (
        "| W1 | Bevaka takes at most 1.5 × the time of by hand | 2.00 | not kept |"
        in page.read_text(encoding="utf-8").split("## Goals")[1]
    )


def test_numbered_workloads_come_before_those_with_a_name(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write(
        {"memory": [result("Memory")], "w2": [result("Second")], "w1": [result("First")]},
        OCCASION,
        page,
        tmp_path / "f.json",
    )
    text = page.read_text(encoding="utf-8")
    assert text.index("### First") < text.index("### Second") < text.index("### Memory")


def test_a_machine_with_much_else_to_do_is_told_of() -> None:
    assert "much else" in str(replace(OCCASION, processors=2, load=20.0))
    assert "much else" not in str(replace(OCCASION, processors=2, load=2.0))
