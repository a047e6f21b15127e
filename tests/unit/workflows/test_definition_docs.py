"""docs/definitions.md says what the schema and the rules say, and its example works.

When a test here fails after a change of the schema, put what `workflows.reference` returns between the marks.
"""

import re
from pathlib import Path

import pytest

from workflows import reference
from workflows.reader import check

PAGE = (Path(__file__).parents[3] / "docs" / "definitions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["keys_reference", "values_reference", "rules_reference"])
def test_the_reference_follows_the_schema_and_the_rules(part: str) -> None:
    written = re.search(rf"<!-- generated: {part} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert written
    assert written[1].strip() == getattr(reference, part)().strip()


def test_the_example_is_a_whole_definition_without_problems() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert check(example, "example.yaml") == ()


def test_the_problem_shown_is_what_the_reader_says() -> None:
    small = (Path(__file__).parents[2] / "fixtures" / "small.yaml").read_text(encoding="utf-8")
    (problem,) = check(small.replace("while: granted", "while: grantd", 1), "small.yaml")
    assert str(problem) in PAGE
