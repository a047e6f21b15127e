"""What every body of the API is made of: strict on the way in, the same names on the way out."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from workflows.answer_texts import AnswersError
from workflows.guards import Value
from workflows.model import Field as Asked
from workflows.model import FieldType

LARGEST_ID = 2**53 - 1
REF_PATTERN = r"^BV-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$"
NAME_PATTERN = r"^[a-z][a-z0-9_.-]{0,59}$"
TEXT_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
EMAIL_PATTERN = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,180}$"


class Shape(BaseModel):
    """A body: no other names than these, and nothing is turned into what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """What may stand behind the question mark of an address, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _day(value: Any) -> Any:
    """Read a day written as YYYY-MM-DD; numbers and moments are none. What was sent is not quoted."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10 and value.isascii():
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("YYYY-MM-DD")


def instant_text(value: datetime) -> str:
    """Return an instant as the API writes it: UTC, with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[
    datetime, PlainSerializer(instant_text, return_type=str), Field(json_schema_extra={"format": "date-time"})
]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Ref = Annotated[str, StringConstraints(pattern=REF_PATTERN)]
Email = Annotated[str, StringConstraints(pattern=EMAIL_PATTERN, max_length=254)]
Scalar = bool | int | str | None
"""A value of a field of a definition; dates as YYYY-MM-DD, instants as UTC with Z."""
GivenText = Annotated[str, StringConstraints(max_length=2000, pattern=TEXT_PATTERN)]
GivenScalar = bool | Annotated[int, Field(ge=-999_999_999, le=999_999_999)] | GivenText | None
Answers = Annotated[
    dict[Name, GivenScalar], Field(max_length=60, description="Values by the names of the definition's fields.")
]

RefPath = Annotated[
    str, Path(pattern=REF_PATTERN, description="The case's public reference.", examples=["BV-7F3K-92QX"])
]
NamePath = Annotated[str, Path(pattern=NAME_PATTERN)]
IdPath = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def plain(value: Value) -> Scalar:
    """Return a value as the API writes it."""
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def plain_data(data: Mapping[str, Value]) -> dict[str, Scalar]:
    """Return values by name as the API writes them."""
    return {name: plain(value) for name, value in data.items()}


def typed(fields: Mapping[str, Asked], given: Mapping[str, Scalar]) -> dict[str, Value]:
    """Return what was given in the types of the definition's fields.

    Raises:
        AnswersError: with every field that cannot be read, and what it takes. A name the definition does not have is
            told as one, with those it has.
    """
    typed_values: dict[str, Value] = {}
    problems: list[tuple[str, str]] = []
    for name, value in given.items():
        if name not in fields:
            problems.append((name, ", ".join(fields) or "nothing"))
            continue
        try:
            typed_values[name] = _typed(fields[name], value)
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        raise AnswersError(problems)
    return typed_values


def _typed(asked: Asked, value: Scalar) -> Value:
    return None if value is None else _READERS[asked.type](asked, value)


def _choice(asked: Asked, value: Scalar) -> Value:
    if not isinstance(value, str) or value not in asked.choices:
        raise ValueError(", ".join(asked.choices))
    return value


def _of_type(value: Scalar, kind: type, allowed: str) -> Value:
    if type(value) is not kind:
        raise ValueError(allowed)
    return value


def _read(value: Scalar, read: Callable[[str], Value], allowed: str) -> Value:
    try:
        if isinstance(value, str) and value.isascii():
            return read(value)
    except (ValueError, OverflowError):
        pass
    raise ValueError(allowed)


def _read_day(text: str) -> date:
    if len(text) != 10:
        raise ValueError(text)
    return date.fromisoformat(text)


def _read_instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


_READERS: Mapping[FieldType, Callable[[Asked, Scalar], Value]] = {
    FieldType.DATE: lambda _, value: _read(value, _read_day, "YYYY-MM-DD"),
    FieldType.DATETIME: lambda _, value: _read(
        value, _read_instant, "an instant with its zone, such as 2024-01-31T12:30:00Z"
    ),
    FieldType.INTEGER: lambda _, value: _of_type(value, int, "a whole number"),
    FieldType.BOOLEAN: lambda _, value: _of_type(value, bool, "true, false"),
    FieldType.CHOICE: _choice,
    FieldType.TEXT: lambda _, value: _of_type(value, str, "a text"),
}
