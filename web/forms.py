"""Forms made from the definition: what they ask, what was typed into them, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from web.texts import Words
from workflows.answer_texts import AnswersError
from workflows.model import Definition, Field, FieldType
from workflows.refusal_words import why_not
from workflows.refusals import EventRefusedError, Refusal, Why

ANSWER = "a."  # answers are named apart from the form's own fields
Control = Literal["date", "datetime-local", "number", "select", "textarea", "text"]

_CONTROLS: Mapping[FieldType, Control] = {
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime-local",
    FieldType.INTEGER: "number",
    FieldType.BOOLEAN: "select",
    FieldType.CHOICE: "select",
    FieldType.TEXT: "textarea",
}
_ABOUT_ANSWERS = frozenset(
    {Why.MISSING_ANSWER, Why.BAD_ANSWER, Why.FUTURE_DATE, Why.UNTIL_PAST, Why.UNTIL_AFTER_DUE, Why.NO_REASON}
)


@dataclass(frozen=True, slots=True)
class Question:
    """A field that a form asks, and what it holds at first (as typed text)."""

    field: Field
    required: bool
    first: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """A form nobody has filled in yet.

    Attributes:
        key: names the form on its page; an event may have several (one per deadline).
        fixed: answers that are given with the form.
    """

    key: str
    event: str
    title: str
    questions: tuple[Question, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields it asks."""
        return tuple(question.field for question in self.questions)


@dataclass(frozen=True, slots=True)
class Input:
    """One control of a form as the page shows it."""

    id: str
    name: str
    label: str
    control: Control
    required: bool
    value: str
    choices: tuple[tuple[str, str], ...]
    hint: str
    problem: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the page shows it: filled in, with its problems. `is_open` when it was just sent back."""

    key: str
    event: str
    title: str
    note: str
    inputs: tuple[Input, ...]
    fixed: Mapping[str, str]
    problems: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """A form that was refused: what was typed, and what is wrong with it, by field and in general."""

    key: str
    typed: Mapping[str, str]
    by_field: Mapping[str, str]
    general: tuple[str, ...]


def fill(blank: Blank, words: Words, returned: Returned | None = None, within: str = "") -> Form:
    """Return a form as the page shows it; as it was typed when it is the one that was returned.

    `within` begins the ids of its controls, on a page that has several of the kind.
    """
    mine = returned if returned and returned.key == blank.key else None
    return Form(
        key=blank.key,
        event=blank.event,
        title=blank.title,
        note=blank.note,
        inputs=tuple(_input(blank, question, words, mine, within) for question in blank.questions),
        fixed={f"{ANSWER}{name}": value for name, value in blank.fixed.items()},
        problems=mine.general if mine else (),
        is_open=mine is not None,
    )


def _input(blank: Blank, question: Question, words: Words, returned: Returned | None, within: str) -> Input:
    asked = question.field
    return Input(
        id=f"{within}{blank.key}-{asked.name}".replace(".", "-"),
        name=f"{ANSWER}{asked.name}",
        label=words.of(asked.title),
        control=_CONTROLS[asked.type],
        required=question.required,
        value=returned.typed.get(asked.name, "") if returned else question.first,
        choices=_choices(asked, words),
        hint=question.hint,
        problem=returned.by_field.get(asked.name, "") if returned else "",
    )


def _choices(asked: Field, words: Words) -> tuple[tuple[str, str], ...]:
    if asked.type is FieldType.BOOLEAN:
        return (("ja", words("yes")), ("nej", words("no")))
    return tuple((name, words.of(title)) for name, title in asked.choices.items())


def typed_answers(form: Mapping[str, object]) -> dict[str, str]:
    """Return the answers of a posted form as typed."""
    return {
        name.removeprefix(ANSWER): value
        for name, value in form.items()
        if name.startswith(ANSWER) and isinstance(value, str)
    }


def returned_form(
    blank: Blank,
    typed: Mapping[str, str],
    error: AnswersError | EventRefusedError,
    definition: Definition,
    words: Words,
) -> Returned:
    """Return a form that was refused, each problem beside its field where it has one."""
    asked = {question.field.name: question.field for question in blank.questions}
    if isinstance(error, AnswersError):
        by_field = {
            name: words("form.unreadable", allowed=_allowed(asked.get(name), allowed, words))
            for name, allowed in error.problems
        }
        return Returned(blank.key, typed, by_field, ())
    beside = {r.subject: _words(r, asked, definition, words) for r in error.refusals if _is_beside(r, asked)}
    general = tuple(why_not(r, definition, words.language) for r in error.refusals if not _is_beside(r, asked))
    return Returned(blank.key, typed, beside, general)


def _is_beside(refusal: Refusal, asked: Mapping[str, Field]) -> bool:
    return refusal.why in _ABOUT_ANSWERS and refusal.subject in asked


def _words(refusal: Refusal, asked: Mapping[str, Field], definition: Definition, words: Words) -> str:
    if refusal.why is Why.MISSING_ANSWER:
        return words("form.missing", field=words.of(asked[refusal.subject].title))
    return why_not(refusal, definition, words.language)


def _allowed(asked: Field | None, allowed: str, words: Words) -> str:
    if asked is None or not asked.choices:
        return allowed
    return ", ".join(words.of(title) for title in asked.choices.values())
