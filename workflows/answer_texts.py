"""Answers as people type them, in a form or at the command line, read into the types of the definition."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time

from workflows.dates import STOCKHOLM, at_local
from workflows.errors import BevakaError
from workflows.guards import Value
from workflows.model import Field, FieldType

DATE_FORMS = "2024-01-31, 20240131, 31/1 2024, 31.1.2024, 31 januari 2024"
DATETIME_FORMS = "2024-01-31 13:30, 31/1 2024 13:30, 31 januari 2024 kl. 13.30"
YES = ("ja", "j", "yes", "y", "true", "1", "on")
NO = ("nej", "n", "no", "false", "0", "off")
MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "january", "jan"),
            ("februari", "february", "feb"),
            ("mars", "march", "mar"),
            ("april", "apr"),
            ("maj", "may"),
            ("juni", "june", "jun"),
            ("juli", "july", "jul"),
            ("augusti", "august", "aug"),
            ("september", "sept", "sep"),
            ("oktober", "october", "okt", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_DATES = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<d>\d{1,2})/(?P<m>\d{1,2}) (?P<y>\d{4})",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
        r"(?:den )?(?P<d>\d{1,2}) (?P<m>[a-z]{3,9}) (?P<y>\d{4})",
    )
)
_CLOCK = re.compile(r"(?P<day>.+?)(?:t|,? (?:kl\.? ?)?)(?P<h>\d{1,2})[:.](?P<min>\d{2})(?::00)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


class AnswersError(BevakaError):
    """Answers that cannot be read: which fields and what they take, never what was typed."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{field}: allowed: {allowed}" for field, allowed in self.problems))


def read_answers(fields: Iterable[Field], raw: Mapping[str, str]) -> dict[str, Value]:
    """Return typed answers.

    Args:
        fields: the fields that may be answered.
        raw: what was typed, by field name. A field left out is left out; a blank one becomes None. Dates are read in
            Swedish and ISO forms, instants as Stockholm time.

    Raises:
        AnswersError: with every field that cannot be read, and every name that is not asked for.
    """
    known = {field.name: field for field in fields}
    answers: dict[str, Value] = {}
    problems = [("?", ", ".join(known) or "nothing") for name in raw if name not in known][:1]
    for name, text in raw.items():
        if name in known:
            try:
                answers[name] = read_answer(known[name], text)
            except ValueError as error:
                problems.append((name, str(error)))
    if problems:
        raise AnswersError(problems)
    return answers


def read_answer(field: Field, text: str) -> Value:
    """Return one typed answer; None for a blank one. Raises `ValueError` that says what is allowed."""
    stripped = text.strip()
    return _READERS[field.type](field, stripped) if stripped else None


def read_day(text: str) -> date:
    """Return a date written in a Swedish or ISO form. Raises `ValueError` that says what is allowed."""
    words = " ".join(text.lower().split())
    for form in _DATES:
        match = form.fullmatch(words)
        if match:
            return _day(match)
    raise ValueError(DATE_FORMS)


def _day(match: re.Match[str]) -> date:
    month = match["m"]
    try:
        return date(int(match["y"]), MONTHS.get(month) or int(month), int(match["d"]))
    except ValueError:
        raise ValueError(DATE_FORMS) from None


def _read_date(field: Field, text: str) -> Value:  # noqa: ARG001 - every reader has one shape
    return read_day(text)


def _read_datetime(field: Field, text: str) -> Value:  # noqa: ARG001 - the same
    words = " ".join(text.lower().split())
    if words.endswith("z") or re.search(r"[+-]\d\d:\d\d$", words, re.ASCII):
        return _with_zone(words)
    match = _CLOCK.fullmatch(words)
    if match is None:
        raise ValueError(DATETIME_FORMS)
    try:
        return at_local(read_day(match["day"]), time(int(match["h"]), int(match["min"])))
    except (ValueError, OverflowError):
        raise ValueError(DATETIME_FORMS) from None


def _with_zone(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(DATETIME_FORMS) from None


def _read_integer(field: Field, text: str) -> Value:  # noqa: ARG001 - the same
    if not _INTEGER.fullmatch(text):
        raise ValueError("a whole number")
    return int(text)


def _read_boolean(field: Field, text: str) -> Value:  # noqa: ARG001 - the same
    if text.lower() in YES + NO:
        return text.lower() in YES
    raise ValueError("ja, nej")


def _read_choice(field: Field, text: str) -> Value:
    titles = {title.lower(): name for name, t in field.choices.items() for title in (name, t.sv, t.en)}
    if text.lower() not in titles:
        raise ValueError(", ".join(field.choices))
    return titles[text.lower()]


def _read_text(field: Field, text: str) -> Value:  # noqa: ARG001 - the same
    return text


_READERS: Mapping[FieldType, Callable[[Field, str], Value]] = {
    FieldType.DATE: _read_date,
    FieldType.DATETIME: _read_datetime,
    FieldType.INTEGER: _read_integer,
    FieldType.BOOLEAN: _read_boolean,
    FieldType.CHOICE: _read_choice,
    FieldType.TEXT: _read_text,
}


def write_answer(value: Value) -> str:
    """Return a value as a form shows it for editing: what `read_answer` reads back."""
    if isinstance(value, datetime):
        return value.astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return "" if value is None else str(value)
