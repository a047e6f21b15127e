"""Where a page of a long list ends and the next begins: a cursor that names the last row, not a number of rows."""

import base64
import json
from collections.abc import Sequence

from workflows.errors import BevakaError


class CursorError(BevakaError):
    """A cursor that no list has given out."""

    def __init__(self) -> None:
        super().__init__("this page does not exist; allowed: a cursor that a list has given out")


def write_cursor(parts: Sequence[str | int]) -> str:
    """Return the place of a row as a text for addresses."""
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type) -> tuple[str | int, ...]:
    """Return what `write_cursor` was given.

    Raises:
        CursorError: it is not a cursor, or one of another list.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise CursorError from None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(types):
        raise CursorError
    return tuple(parts)
