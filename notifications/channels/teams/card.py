"""A message as an Adaptive Card, built as a dict (never as a JSON text template)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from notifications.messages import Message
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Language
from notifications.wording import Letter, Row, Tone, compose

MOST_OCTETS = 16 * 1024
"""Teams refuses at about 28 KB, measured after its own expansion and after having answered 202."""

_MOST_ROWS = 25
_MARKDOWN = re.compile(r"([\\`*_\[\]<>~|#])")
_COLOURS = {Tone.CALM: "default", Tone.URGENT: "attention", Tone.QUIET: "default"}


def build_card(message: Message, language: Language, *, uncertain: bool = False) -> bytes:
    """The bytes to post: one card, at most 16 KB; a long digest is cut and says so by its link.

    Raises:
        DeliveryFailed: It is too large however it is cut.
    """
    letter = compose(message, language, uncertain=uncertain)
    rows = min(len(letter.rows), _MOST_ROWS)
    while len(octets := _octets(letter, rows)) > MOST_OCTETS and rows:
        rows //= 2
    if len(octets) > MOST_OCTETS:
        raise DeliveryFailed("card_too_large", permanent=True)
    return octets


def _octets(letter: Letter, rows: int) -> bytes:
    return json.dumps(_envelope(_card(letter, rows)), ensure_ascii=False, separators=(",", ":")).encode()


def _envelope(card: dict[str, Any]) -> dict[str, Any]:
    # contentUrl must be there and be null, or the workflow answers 400 TriggerInputSchemaMismatch.
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _card(letter: Letter, rows: int) -> dict[str, Any]:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        # Above 1.2, phones and some tenants show "couldn't be displayed".
        "version": "1.2",
        "lang": letter.language,
        "fallbackText": letter.heading,
        "body": [*_opening(letter), *_listing(letter, rows), *_closing(letter)],
        "actions": [{"type": "Action.OpenUrl", "title": letter.action, "url": letter.link}],
        "msteams": {"width": "Full"},
    }


def _opening(letter: Letter) -> list[dict[str, Any]]:
    heading = _text(letter.heading, weight="bolder", size="medium", color=_COLOURS[letter.tone])
    blocks = [heading, _text(letter.lead)]
    if letter.facts:
        facts = [{"title": fact.label, "value": _plain(fact.value)} for fact in letter.facts]
        blocks.append({"type": "FactSet", "facts": facts})
    return blocks


def _listing(letter: Letter, rows: int) -> list[dict[str, Any]]:
    blocks = [_row(row) for row in letter.rows[:rows]]
    if rows < len(letter.rows) or letter.more:
        blocks.append(_text("…"))
    return blocks


def _row(row: Row) -> dict[str, Any]:
    return _text(f"{row.title} · {row.case_ref} · {row.when}", color="attention" if row.overdue else "default")


def _closing(letter: Letter) -> list[dict[str, Any]]:
    lines: Sequence[str] = [letter.todo, letter.why, *letter.notes]
    first, *rest = [line for line in lines if line]
    return [_text(first), *(_text(line, size="small", isSubtle=True) for line in rest)]


def _text(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": _plain(text), "wrap": True, **look}


def _plain(text: str) -> str:
    # TextBlock and FactSet read a subset of Markdown. With its brackets escaped, a link's parentheses are just that.
    return _MARKDOWN.sub(r"\\\1", text)
