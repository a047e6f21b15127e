"""Reads a caught mail or card for a page: whatever its bytes are, something can be shown."""

import json
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from web.demo_door import CaughtItem

SHOWN_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>~|#])")


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail or card taken apart. `source` is all of it as text."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class CardBlock:
    """One block of a card: a heading, a text or rows of facts."""

    kind: str  # "heading", "text", "small", "facts"
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def open_mail(item: CaughtItem) -> Opened:
    """Return the parts of a mail."""
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(item.raw)
    return Opened(
        headers=tuple((name, str(message[name])) for name in SHOWN_HEADERS if message[name]),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(part.get_content_type() for part in message.walk() if _is_attached(part)),
        source=item.raw.decode("utf-8", errors="replace"),
    )


def _is_attached(part: Any) -> bool:
    return not part.is_multipart() and part.get_content_type() not in ("text/plain", "text/html")


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""  # an unknown charset or a broken structure: the source is there to read


def read_card(item: CaughtItem) -> tuple[tuple[CardBlock, ...], str]:
    """Return a card's blocks and its source, indented; no blocks when it is not a card."""
    try:
        posted = json.loads(item.raw)
        body = posted["attachments"][0]["content"]["body"]
        blocks = tuple(block for entry in body for block in _blocks(entry))
        return blocks, json.dumps(posted, ensure_ascii=False, indent=2)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return (), item.raw.decode("utf-8", errors="replace")


def _blocks(entry: dict[str, Any]) -> list[CardBlock]:
    if entry.get("type") == "FactSet":
        return [CardBlock("facts", facts=tuple((_plain(f["title"]), _plain(f["value"])) for f in entry["facts"]))]
    if entry.get("type") != "TextBlock":
        return []
    kind = "heading" if entry.get("weight") == "bolder" else "small" if entry.get("isSubtle") else "text"
    return [CardBlock(kind, _plain(entry["text"]))]


def _plain(text: object) -> str:
    return _ESCAPED.sub(r"\1", str(text))
