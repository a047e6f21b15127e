"""Every rule of the reader and the linter, each broken by one file that says in its first line where and how."""

import re
from pathlib import Path

import pytest

from workflows.problems import LINT_WARNINGS, RULES, Severity
from workflows.reader import DefinitionErrors, check, read_definition

FIXTURES = Path(__file__).parents[2] / "fixtures"
BROKEN = sorted((FIXTURES / "broken").glob("*.yaml"))


def test_the_file_they_all_come_from_is_clean() -> None:
    assert check((FIXTURES / "small.yaml").read_text(encoding="utf-8"), "small.yaml") == ()


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_mistake_is_one_problem_at_its_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = re.fullmatch(r"# expect: (\d+):(\d+) ([a-z-]+)", text.splitlines()[0])
    assert expected
    found = [(p.line, p.column, p.rule) for p in check(text, path.name)]
    assert found == [(int(expected[1]), int(expected[2]), expected[3])]


def test_every_rule_has_a_file_that_breaks_it() -> None:
    assert {path.stem.partition("-")[2] for path in BROKEN} == set(RULES)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_errors_stop_a_definition_and_warnings_do_not(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.stem.partition("-")[2] in LINT_WARNINGS:
        assert read_definition(text, path.name).programme == "small"
    else:
        with pytest.raises(DefinitionErrors):
            read_definition(text, path.name)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_problem_says_what_was_found_and_what_is_allowed(path: Path) -> None:
    for problem in check(path.read_text(encoding="utf-8"), path.name):
        assert str(problem).startswith(f"{path.name}:{problem.line}:{problem.column}: {problem.rule}: ")
        assert problem.found
        assert problem.allowed
        assert problem.severity in Severity
