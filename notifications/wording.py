"""A message in words: one `Letter`, from which the plain text, the HTML and the Teams card are all laid out.

The prose lies in ``templates/<language>/<kind>.j2``, one block per part, so that it is written once and a mail
and a card cannot contradict each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from jinja2.runtime import Context

from notifications.messages import Digest, DigestLine, Invitation, Kind, Message, Notice, Reason, Roundup
from notifications.recipients import Language

MOST_ROWS = 100

_ZONE = ZoneInfo("Europe/Stockholm")
_LOCALES: Mapping[Language, str] = {"sv": "sv_SE", "en": "en_GB"}
_PASSED = frozenset({Reason.OVERDUE, Reason.ESCALATED, Reason.REPEATED})


class Tone(StrEnum):
    """How serious a letter looks; decides its colour only."""

    CALM = "calm"
    URGENT = "urgent"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, such as *Slutdatum* and *måndag 2 mars 2026*."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One deadline in a digest."""

    title: str
    case_ref: str
    when: str
    overdue: bool
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a message says, in one language, with the markup still to come."""

    language: Language
    tone: Tone
    subject: str
    heading: str
    lead: str
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    more: str
    why: str
    todo: str
    action: str
    link: str
    notes: tuple[str, ...]
    footer: str
    settings: str = ""
    settings_link: str = ""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The packaged templates: an unknown name is an error, and every ``.html.j2`` escapes."""
    return Environment(
        loader=PackageLoader("notifications", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default_for_string=True, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def compose(message: Message, language: Language, *, uncertain: bool = False) -> Letter:
    """Put a message into words.

    Args:
        message: What to say.
        language: ``sv`` or ``en``.
        uncertain: It may already have arrived once; a note says so.
    """
    match message:
        case Notice():
            return _notice(message, language, uncertain)
        case Invitation():
            return _invitation(message, language, uncertain)
        case Digest():
            return _digest(message, language, uncertain)
        case Roundup():
            return _roundup(message, language, uncertain)


def _notice(notice: Notice, language: Language, uncertain: bool) -> Letter:
    words = _Words(language, notice.kind, _notice_values(notice, language))
    return Letter(
        **words.frame(),
        tone=_notice_tone(notice),
        facts=_notice_facts(notice, words),
        rows=(),
        more="",
        why=words.say("why", notice.reason),
        link=notice.link,
        notes=_notice_notes(notice, words, uncertain),
    )


def _notice_values(notice: Notice, language: Language) -> dict[str, Any]:
    return {
        "ref": notice.case_ref,
        "step": notice.step.in_language(language),
        "due": full_date(notice.due_on, language),
        "passed": notice.reason in _PASSED,
        "role": notice.escalated_to,
        "rung": notice.rung,
        "rungs": notice.rungs,
    }


def _notice_tone(notice: Notice) -> Tone:
    if notice.kind in (Kind.ESCALATION, Kind.ALARM) or notice.reason in _PASSED:
        return Tone.URGENT
    return Tone.QUIET if notice.kind is Kind.TEST else Tone.CALM


def _notice_facts(notice: Notice, words: "_Words") -> tuple[Fact, ...]:
    if notice.kind is Kind.TEST:
        return ()
    facts = [words.fact("step"), words.fact("due"), words.fact("case")]
    if 1 <= notice.rung <= notice.rungs:
        facts.append(words.fact("rung"))
    return tuple(facts)


def _notice_notes(notice: Notice, words: "_Words", uncertain: bool) -> tuple[str, ...]:
    said = {
        "on_behalf": notice.on_behalf and notice.reason is not Reason.DEPUTY,
        "escalated_to": notice.escalated_to is not None,
        "late": notice.late and notice.reason is not Reason.LATE_AFTER_OUTAGE,
        "uncertain": uncertain,
    }
    return tuple(words.say("words", f"note_{name}") for name, applies in said.items() if applies)


def _invitation(invitation: Invitation, language: Language, uncertain: bool) -> Letter:
    values = {
        "ref": invitation.case_ref,
        "step": invitation.step.in_language(language),
        "when": _time_span(invitation, language),
        "place": invitation.place.in_language(language),
    }
    words = _Words(language, invitation.kind, values)
    return Letter(
        **words.frame(),
        tone=Tone.QUIET if invitation.kind is Kind.CANCEL else Tone.CALM,
        facts=tuple(words.fact(name) for name in ("step", "when", "place", "case")),
        rows=(),
        more="",
        why=words.say("words", f"why_{invitation.kind}"),
        link=invitation.link,
        notes=(words.say("words", "note_uncertain"),) if uncertain else (),
    )


def _digest(digest: Digest, language: Language, uncertain: bool) -> Letter:
    shown = digest.lines[:MOST_ROWS]
    values = {
        "day": full_date(digest.day, language),
        "count": len(digest.lines),
        "overdue": sum(line.overdue_days > 0 for line in digest.lines),
        "left_out": len(digest.lines) - len(shown),
    }
    words = _Words(language, Kind.DIGEST, values)
    return Letter(
        **words.frame(),
        tone=Tone.CALM,
        facts=(),
        rows=tuple(_row(line, language) for line in shown),
        more=words.say("words", "more") if len(shown) < len(digest.lines) else "",
        why=words.say("words", "why_digest"),
        link=digest.link,
        notes=(words.say("words", "note_uncertain"),) if uncertain else (),
        settings=words.say("words", "settings"),
        settings_link=digest.settings_link,
    )


def _roundup(roundup: Roundup, language: Language, uncertain: bool) -> Letter:
    overdue = sum(line.overdue_days > 0 for line in roundup.lines)
    values = {"day": full_date(roundup.day, language), "count": len(roundup.lines), "overdue": overdue}
    words = _Words(language, Kind.ROUNDUP, values)
    return Letter(
        **words.frame(),
        tone=Tone.URGENT if overdue else Tone.CALM,
        facts=(),
        rows=tuple(_row(line, language) for line in roundup.lines),
        more="",
        why=words.say("words", "why_roundup"),
        link=roundup.link,
        notes=(words.say("words", "note_uncertain"),) if uncertain else (),
    )


def _row(line: DigestLine, language: Language) -> Row:
    values = {"due": full_date(line.due_on, language), "days": line.overdue_days}
    when = _Words(language, Kind.DIGEST, values).say("words", "row_overdue" if line.overdue_days else "row_due")
    return Row(line.step.in_language(language), line.case_ref, when, line.overdue_days > 0, line.link)


class _Words:
    """The prose of one message: blocks of the packaged templates, filled in."""

    def __init__(self, language: Language, kind: Kind, values: Mapping[str, Any]) -> None:
        self._language: Language = language
        self._kind = kind
        self._values = values
        self._templates: dict[str, tuple[Template, Context]] = {}

    def say(self, template: str, block: str) -> str:
        """One block as a single line of plain text."""
        source, context = self._opened(template)
        return " ".join("".join(source.blocks[block](context)).split())

    def _opened(self, template: str) -> tuple[Template, Context]:
        if template not in self._templates:
            source = environment().get_template(f"{self._language}/{template}.j2")
            self._templates[template] = (source, source.new_context(dict(self._values)))
        return self._templates[template]

    def fact(self, name: str) -> Fact:
        """A labelled value."""
        return Fact(self.say("words", f"label_{name}"), self.say("words", f"value_{name}"))

    def _own_or_shared(self, block: str) -> str:
        source, _context = self._opened(self._kind)
        return self.say(self._kind if block in source.blocks else "words", block)

    def frame(self) -> dict[str, Any]:
        """The parts every message has."""
        return {
            "language": self._language,
            "subject": self._own_or_shared("subject"),
            "heading": self.say(self._kind, "heading"),
            "lead": self.say(self._kind, "lead"),
            "todo": self.say(self._kind, "todo"),
            "action": self._own_or_shared("action"),
            "footer": self.say("words", "footer"),
        }


@lru_cache(maxsize=1024)
def full_date(day: date, language: Language) -> str:
    """A date with its weekday: *måndag 2 mars 2026*, *Monday 2 March 2026*."""
    return format_date(day, "EEEE d MMMM y", locale=_LOCALES[language])


def _time_span(invitation: Invitation, language: Language) -> str:
    starts = invitation.starts_at.astimezone(_ZONE)
    ends = (invitation.starts_at + timedelta(minutes=invitation.minutes)).astimezone(_ZONE)
    day = full_date(starts.date(), language)
    if language == "en":
        return f"{day}, {starts:%H:%M}–{ends:%H:%M}"
    return f"{day} kl. {starts:%H.%M}–{ends:%H.%M}"
