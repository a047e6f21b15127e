"""ETags of cases: which events a reader has seen, and a digest of what she was told.

`"7.12.1f2e…"`: the case entered its state with event 7, its newest event is 12. A transition's If-Match compares the
two numbers, in the transaction of the transition; If-None-Match compares the whole.
"""

import hashlib
import re
from dataclasses import dataclass

from pydantic import BaseModel

from engine.errors import CaseMovedError
from engine.inspecting import CaseView
from web.api.problems import PreconditionFailedError

_TAG = re.compile(r'"(\d{1,9})\.(\d{1,9})\.[0-9a-f]{16}"', re.ASCII)
ANY = "*"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller has seen of a case: the event it entered its state with, and its newest one. None: she says not."""

    entry: int | None = None
    seq: int | None = None


def tag_of(view: CaseView, body: BaseModel) -> str:
    """Return the ETag of a case as it is told."""
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:16]
    return f'"{view.entry_seq}.{view.snapshot.seq}.{digest}"'


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Say whether a caller has this already."""
    known = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return tag in known or ANY in known


def seen_by(if_match: str | None, expected_entry: int | None = None) -> Seen:
    """Return what a caller has seen, by her If-Match header or by the body.

    Raises:
        PreconditionFailedError: the header holds no tag of a case.
    """
    if if_match is None or if_match.strip() == ANY:
        return Seen(entry=expected_entry)
    matches = [_TAG.fullmatch(part.strip()) for part in if_match.split(",")]
    found = [match for match in matches if match]
    if len(found) != 1 or len(matches) != 1:
        raise PreconditionFailedError  # of several tags at most one could be of this case: say which
    return Seen(entry=expected_entry or int(found[0][1]), seq=int(found[0][2]))


def as_failed(error: CaseMovedError, if_match: str | None) -> Exception:
    """Return the error to tell: a failed precondition where the caller has set one."""
    return PreconditionFailedError() if if_match is not None else error
