"""Addresses of lists: reading their filters strictly, and writing them with one filter changed."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from web.errors import BadAddressError
from workflows.answer_texts import DATE_FORMS, read_day

Choice = TypeVar("Choice", bound=StrEnum)


def given(value: str | None) -> str | None:
    """Return a filter's value; None when it was left blank."""
    stripped = (value or "").strip()
    return stripped or None


def choice(name: str, value: str | None, kind: type[Choice]) -> Choice | None:
    """Return a filter that takes one of a few words.

    Raises:
        BadAddressError: it is another word.
    """
    text = given(value)
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise BadAddressError(name, ", ".join(kind)) from None


def day(name: str, value: str | None) -> date | None:
    """Return a filter that takes a date.

    Raises:
        BadAddressError: it is none.
    """
    text = given(value)
    if text is None:
        return None
    try:
        return read_day(text)
    except ValueError:
        raise BadAddressError(name, DATE_FORMS) from None


def address(path: str, filters: Mapping[str, str | None], **changes: str | None) -> str:
    """Return the address of a list with some of its filters changed; None leaves one out."""
    wanted = {name: value for name, value in {**filters, **changes}.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def own_path(path: str) -> str:
    """Return a path of ours; the front page for whatever might lead elsewhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
