"""Whether answers fit what is asked: the types of the definition, nothing missing, nothing unasked."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from workflows.dates import local_date
from workflows.guards import Value
from workflows.model import Definition, Field, FieldType, Transition
from workflows.reckoning import as_date
from workflows.refusals import Refusal, Why, shown

LONGEST_TEXT = 2000
FIRST_YEAR, LAST_YEAR = 2016, 2040  # the calendar's years, less what ladders and spans may need on either side
PAST_ONLY = ("held_on", "decision_date")  # what has happened cannot lie ahead


def answer_refusals(
    definition: Definition, transition: Transition, answers: Mapping[str, Value], now: datetime
) -> tuple[Refusal, ...]:
    """Say what is wrong with the answers to a transition; empty when nothing is."""
    # An optional question may be left out, but it cannot empty a field that every case must know.
    asked = {
        a.field: a.required or (a.field in answers and _must_be_known(definition, a.field)) for a in transition.asks
    }
    return tuple(_refusals(definition, asked, answers, now))


def opening_refusals(definition: Definition, answers: Mapping[str, Value], now: datetime) -> tuple[Refusal, ...]:
    """Say what is wrong with the first data of a case; empty when nothing is."""
    asked = {f.name: f.required for f in definition.fields.values()}
    return tuple(_refusals(definition, asked, answers, now))


def amend_refusals(definition: Definition, answers: Mapping[str, Value], now: datetime) -> tuple[Refusal, ...]:
    """Say what is wrong with corrected data; required fields may be left out but not emptied."""
    asked = {f.name: f.required and f.name in answers for f in definition.fields.values()}
    return tuple(_refusals(definition, asked, answers, now))


def told(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return answers as a case keeps them: an empty text from a form means that nothing is known."""
    return {name: None if value == "" else value for name, value in answers.items()}


def within_years(day: date) -> bool:
    """Say whether a date, and everything counted from it, lies within the calendar."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _must_be_known(definition: Definition, name: str) -> bool:
    return definition.fields[name].required


def _refusals(
    definition: Definition, asked: Mapping[str, bool], answers: Mapping[str, Value], now: datetime
) -> Iterator[Refusal]:
    for name in answers:
        if name not in asked:
            yield Refusal(Why.UNASKED_ANSWER, shown(name), allowed=tuple(asked))
    for name, required in asked.items():
        value = answers.get(name)
        if value is None or value == "":
            if required:
                yield Refusal(Why.MISSING_ANSWER, name)
        elif not fits(definition.fields[name], value):
            yield Refusal(Why.BAD_ANSWER, name, allowed=allowed_of(definition.fields[name]))
        elif name in PAST_ONLY and (as_date(value) or date.min) > local_date(now):
            yield Refusal(Why.FUTURE_DATE, name)


def fits(field: Field, value: Value) -> bool:
    """Say whether a value is of the field's type and among its choices."""
    match field.type:
        case FieldType.DATE:
            return isinstance(value, date) and not isinstance(value, datetime) and within_years(value)
        case FieldType.DATETIME:
            return isinstance(value, datetime) and value.tzinfo is not None and within_years(value)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case FieldType.CHOICE:
            return isinstance(value, str) and value in field.choices
        case FieldType.TEXT:
            return isinstance(value, str) and len(value) <= LONGEST_TEXT and _can_be_stored(value)


def _can_be_stored(text: str) -> bool:
    """Refuse what PostgreSQL or UTF-8 cannot hold: the NUL character and halves of surrogate pairs."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def allowed_of(field: Field) -> tuple[str, ...]:
    """Say in the language's words what a field takes."""
    if field.type is FieldType.CHOICE:
        return tuple(field.choices)
    dated = field.type in {FieldType.DATE, FieldType.DATETIME}
    return (f"{field.type} in {FIRST_YEAR}-{LAST_YEAR}",) if dated else (str(field.type),)
