"""What can be wrong with a definition: one `Problem` per root cause, and one sentence per rule."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workflows.errors import BevakaError


class Severity(StrEnum):
    """Whether a problem stops the definition from being used."""

    ERROR = "error"
    WARNING = "warning"


READING_RULES: Final = {
    "syntax": "this is no YAML",
    "too-large": "the definition is larger or deeper than any programme needs",
    "yaml-feature": "anchors, aliases, tags, merge keys and several documents are left out of the language",
    "control-character": "texts are one line each",
    "duplicate-key": "a key is written twice; only one of them would count",
    "unknown-key": "the language has no such key here",
    "missing-key": "a key is missing",
    "wrong-type": "the value is of the wrong kind",
    "not-allowed": "the value is none of those allowed",
    "bad-form": "the value is not written as the language writes it",
    "bad-name": "a name may hold small letters, digits and underscores, and begins with a letter",
    "out-of-range": "the value, or how many there are, is outside the limits",
    "repeated": "the same value stands twice in a list",
    "unknown-name": "the name is not declared in this definition",
    "bad-guard": "the guard cannot be compiled",
    "bad-date": "there is no such day",
    "bad-order": "the first must come before the second",
    "wrong-field-type": "the field or fact has another type than this place needs",
    "choices": "choices belong to a choice field, and a choice field needs them",
    "fact-value": "a flag is set to true, false or a guard; a count gets a whole number added",
    "incomplete": "these keys belong together, or exclude each other",
    "cost-key": "the cost key must come to 100 percent",
}
"""Rules of the reader: always errors."""

LINT_ERRORS: Final = {
    "unreachable-state": "no transition leads to the state",
    "dead-end": "nobody can leave the state, and it is not final",
    "no-way-out": "no final state can be reached from the state",
    "final-left": "a final state is final; no transition may leave it",
    "reminder-after-due": "a reminder comes before the date or on it; afterwards it is an escalation",
    "escalation-before-due": "an escalation comes after the date; before it, it is a reminder",
    "rung-clash": "two rungs reach the same role at the same moment",
    "rung-too-early": "the reminder would come before the period it belongs to has begun",
    "rung-after-end": "the rung would come when its deadline has already ended",
    "unmeetable": "no event that meets the deadline can happen in the states it is open in",
    "final-deadline": "a deadline is open in a final state, where nothing can meet it",
    "unset-fact": "a condition depends on a fact that no transition sets",
    "unset-anchor": "a date is counted from a field that is not required and that no transition asks for",
    "no-room": "the interval does not fit the period",
    "personal-place": "a personal field must not become the place of an invitation",
    "personal-to-funder": "a funder sees no personal field",
    "ungated-party": "a role outside the region gets messages only under a condition, the person's consent",
    "role-loop": "the roles stand above each other in a circle",
    "standard-field": "every programme knows these dates, as required fields of type date",
}

LINT_WARNINGS: Final = {
    "missing-english": "the English text is missing; the Swedish one is shown instead",
    "unused-fact": "transitions set the fact, but nothing depends on it",
    "unused-field": "no transition asks for the field, and nothing depends on it",
    "undo-final": "a closed case could be opened again by undoing",
    "outcome-not-asked": "the programme has outcomes, but this way of closing asks for none",
}

RULES: Final = READING_RULES | LINT_ERRORS | LINT_WARNINGS


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file. Both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a definition, where it stands, what was found and what is allowed."""

    file: str
    line: int
    column: int
    rule: str
    found: str
    allowed: str

    @property
    def severity(self) -> Severity:
        """Whether the problem stops the definition from being used; the rule decides."""
        return Severity.WARNING if self.rule in LINT_WARNINGS else Severity.ERROR

    @property
    def message(self) -> str:
        """The problem without its place."""
        return f"{RULES[self.rule]}; found {self.found}; allowed: {self.allowed}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.rule}: {self.message}"


class DefinitionErrors(BevakaError):  # noqa: N818 - it carries several
    """A definition that cannot be used, with every reason at once, in the order of the file."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.name = name
        self.problems = problems


def in_file_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Sort problems by where they stand."""
    return tuple(sorted(problems, key=lambda p: (p.line, p.column, p.rule)))
