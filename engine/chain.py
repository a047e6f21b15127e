"""The hash chain of histories: a row's hash covers the row and the hash before it; nothing is changed unseen."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workflows.values import canonical

START = ""


def chained(head: str, row: Mapping[str, Any]) -> str:
    """Return the hash of a row, of a history or a log, that follows the hash `head`. Its one instant is called `at`."""
    content = {**row}
    content.pop("hash", None)
    at = content.get("at")
    if isinstance(at, datetime):
        content["at"] = at.astimezone(UTC).isoformat()
    return hashlib.sha256((head + canonical(content)).encode()).hexdigest()


def first_break(rows: list[Mapping[str, Any]], head: str) -> int | None:
    """Return the `seq` of the first row that breaks the chain; None when it is whole and ends in `head`."""
    last = START
    for number, row in enumerate(rows, start=1):
        if row["seq"] != number or row["hash"] != chained(last, row):
            return number
        last = row["hash"]
    return None if last == head else len(rows) + 1
