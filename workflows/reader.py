"""Reads a definition: text in, checked and compiled model out, or every problem of the file at once.

Three rounds, so that no mistake is reported twice in other words: YAML, then schema and references, then the linter.
What a round found unusable is left out of the rest of it; the linter looks at whole definitions only.
"""

import hashlib
import json
from datetime import time
from typing import Any, cast

from workflows import sections, watching
from workflows.dates import WorkingHours
from workflows.draft import Draft
from workflows.lint import lint
from workflows.marks import Data, Marks, read_marked
from workflows.model import Definition, Intake
from workflows.problems import DefinitionErrors, Problem, Severity, in_file_order
from workflows.schema import schema_problems, shown

__all__ = ["DefinitionErrors", "Problem", "check", "definition_from_json", "read_definition"]


def read_definition(text: str, name: str) -> Definition:
    """Read the YAML of one definition.

    Args:
        text: The YAML.
        name: What problems call the file.

    Raises:
        DefinitionErrors: With every error, in the order of the file. Warnings alone raise nothing; `check` shows them.
    """
    definition, problems = _read(text, name)
    errors = tuple(problem for problem in problems if problem.severity is Severity.ERROR)
    if definition is None or errors:
        raise DefinitionErrors(name, errors)
    return definition


def check(text: str, name: str) -> tuple[Problem, ...]:
    """Return everything wrong with the YAML of a definition, errors and warnings, in the order of the file."""
    return _read(text, name)[1]


def definition_from_json(source: str) -> Definition:
    """Compile a stored definition again, equal to what it was when it was read.

    It is not linted: a case stays on the version it was opened on, also when the linter has learnt more since.

    Raises:
        DefinitionErrors: The text is no definition any more.
    """
    marks = Marks("stored definition")
    try:
        data: Data = json.loads(source)
    except ValueError:
        problem = marks.problem(marks.value(()), "syntax", "no JSON", "what the reader stored")
        raise DefinitionErrors(marks.file, (problem,)) from None
    definition, problems = _compiled(data, marks)
    if definition is None:
        raise DefinitionErrors(marks.file, problems)
    return definition


def _read(text: str, name: str) -> tuple[Definition | None, tuple[Problem, ...]]:
    data, marks, unreadable = read_marked(text, name)
    if any(problem.rule != "duplicate-key" for problem in unreadable):
        return None, in_file_order(unreadable)
    definition, problems = _compiled(data, marks)
    if definition is None:
        return None, in_file_order([*unreadable, *problems])
    return definition, in_file_order([*unreadable, *lint(definition, marks, data)])


def _compiled(data: Data, marks: Marks) -> tuple[Definition | None, tuple[Problem, ...]]:
    unfit = schema_problems(data, marks)
    if not isinstance(data, dict):
        return None, in_file_order(list(unfit))
    draft = Draft(data, marks, frozenset(unfit.values()), list(unfit))
    definition = _built(draft)
    return (None if draft.problems else definition), in_file_order(draft.problems)


def _built(draft: Draft) -> Definition | None:
    """Build every part, so that every part reports; the whole is built only if none did."""
    data = cast("dict[str, Any]", draft.data)
    parts: dict[str, Any] = {
        "intake": _intake(draft),
        "hours": _hours(draft),
        "states": sections.states(draft),
        "fields": sections.fields(draft),
        "facts": sections.facts(draft),
        "roles": sections.roles(draft),
        "transitions": sections.transitions(draft),
        "deadlines": watching.deadlines(draft),
        "pauses": watching.pauses(draft),
        "outcomes": sections.outcomes(draft),
        "kpis": watching.kpis(draft),
        "costs": watching.costs(draft),
    } | _period(draft)
    if "initial" in data and draft.usable("initial"):
        draft.refer(("initial",), data["initial"], "states")
    if draft.problems:
        return None
    source = canonical_source(data)
    return Definition(
        programme=data["programme"],
        version=data["version"],
        title=draft.text(data["title"]),
        calendar=data.get("calendar", "SE"),
        initial=data.get("initial", next(iter(data["states"]))),
        digest=hashlib.sha256(source.encode()).hexdigest(),
        source=source,
        **parts,
    )


def canonical_source(data: dict[str, Any]) -> str:
    """Return the JSON that is stored and hashed: no spaces or comments, keys in the order of the file.

    The order is kept because it means something: the first state is the initial one, and people see transitions and
    choices in it.
    """
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _period(draft: Draft) -> dict[str, Any]:
    if not draft.usable("period") or "period" not in draft.data:
        return {}
    period = draft.data["period"]
    first = draft.day(("period", "from"), period["from"])
    last = draft.day(("period", "until"), period["until"])
    if first and last and first > last:
        draft.report(("period", "until"), "bad-order", shown(period["until"]), f"a date not before {first}")
    return {"period_from": first, "period_until": last}


def _hours(draft: Draft) -> WorkingHours | None:
    if not draft.usable("hours"):
        return None
    hours = draft.data.get("hours", {"opens": "08:00", "closes": "17:00"})
    if hours["opens"] >= hours["closes"]:
        draft.report(("hours", "closes"), "bad-order", shown(hours["closes"]), f"a time after {hours['opens']}")
        return None
    return WorkingHours(time.fromisoformat(hours["opens"]), time.fromisoformat(hours["closes"]))


def _intake(draft: Draft) -> Intake | None:
    if not draft.usable("intake") or "intake" not in draft.data:
        return None
    intake = draft.data["intake"]
    first_only, benefits = (
        intake.get("first_grant_only", False),
        tuple(intake.get("benefits", ["aktivitetsersattning"])),
    )
    ages = intake["ages"]
    if ages == "sfb-33-18":
        return Intake(ages, first_grant_only=first_only, benefits=benefits)
    if ages["from"] > ages["to"]:
        draft.report(("intake", "ages", "to"), "bad-order", str(ages["to"]), f"at least {ages['from']}")
    return Intake("between", ages["from"], ages["to"], first_only, benefits)
