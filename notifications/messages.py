"""What can be said, as typed payloads without any personal field (DESIGN §1 promise 6, facts/trust.md §0.3)."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, get_type_hints

from notifications import allowed
from notifications.allowed import MessageFieldError

__all__ = [
    "TEST_REF", "Digest", "DigestLine", "Invitation", "Kind", "Message", "MessageFieldError", "Notice", "Reason",
    "Roundup", "Text", "from_json", "to_json",
]  # fmt: skip

TEST_REF = "BV-0000-0000"
"""The reference of no case, for messages of kind ``test``."""

MOST_LINES = 25
"""In one roundup: as many rows as a card shows, so that none is cut off."""

_LAYOUT = 1


class Kind(StrEnum):
    """What sort of message it is; decides the wording."""

    REMINDER = "reminder"
    ESCALATION = "escalation"
    ACK_ENDED = "ack_ended"
    SNOOZE_ENDED = "snooze_ended"
    ALARM = "alarm"
    INVITE = "invite"
    CANCEL = "cancel"
    DIGEST = "digest"
    TEST = "test"
    ASSIGNED = "assigned"
    ROUNDUP = "roundup"
    OPENED = "opened"  # a colleague has broken the glass of a case


class Reason(StrEnum):
    """Why the message was sent; said in the message and kept in the ledger."""

    BEFORE_DUE = "before_due"
    ON_DUE = "on_due"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    REPEATED = "repeated"
    LATE_AFTER_OUTAGE = "late_after_outage"
    ACK_ENDED = "ack_ended"
    SNOOZE_ENDED = "snooze_ended"
    DEPUTY = "deputy"
    NOBODY_FOUND = "nobody_found"
    CHANNEL_FALLBACK = "channel_fallback"
    DELIVERY_FAILED = "delivery_failed"
    BACKLOG_HELD = "backlog_held"
    GLASS_BROKEN = "glass_broken"


INVITATION_KINDS = frozenset({Kind.INVITE, Kind.CANCEL})
NOTICE_KINDS = frozenset(Kind) - INVITATION_KINDS - {Kind.DIGEST, Kind.ROUNDUP}


@dataclass(frozen=True, slots=True)
class Text:
    """A title in both languages, from the controlled vocabulary of a definition."""

    sv: str
    en: str

    def __post_init__(self) -> None:
        allowed.check_title("sv", self.sv)
        allowed.check_title("en", self.en)

    def in_language(self, language: str) -> str:
        """The title in ``sv`` or ``en``; Swedish for anything else."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder, escalation, alarm or other word about one deadline of one case.

    ``late`` says that it leaves later than planned, ``on_behalf`` that it went to a deputy, and ``escalated_to``
    names the role that was told when the owner is informed of an escalation.
    """

    kind: Kind
    case_ref: str
    step: Text
    due_on: date
    rung: int
    rungs: int
    late: bool
    reason: Reason
    link: str
    on_behalf: bool = False
    escalated_to: str | None = None

    def __post_init__(self) -> None:
        allowed.check_choice("kind", self.kind, NOTICE_KINDS)
        allowed.check_choice("reason", self.reason, frozenset(Reason))
        allowed.check_case_ref("case_ref", self.case_ref)
        _check_text("step", self.step)
        allowed.check_day("due_on", self.due_on)
        allowed.check_whole_number("rung", self.rung, 0, 999)
        allowed.check_whole_number("rungs", self.rungs, 0, 999)
        allowed.check_flag("late", self.late)
        allowed.check_flag("on_behalf", self.on_behalf)
        allowed.check_link("link", self.link)
        if self.escalated_to is not None:
            allowed.check_title("escalated_to", self.escalated_to)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar invitation or its cancellation. ``starts_at`` is UTC; ``minutes`` is the length."""

    kind: Kind
    case_ref: str
    step: Text
    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    place: Text
    link: str

    def __post_init__(self) -> None:
        allowed.check_choice("kind", self.kind, INVITATION_KINDS)
        allowed.check_case_ref("case_ref", self.case_ref)
        _check_text("step", self.step)
        allowed.check_uid("uid", self.uid)
        allowed.check_whole_number("sequence", self.sequence, 0, 9999)
        allowed.check_moment("starts_at", self.starts_at)
        allowed.check_whole_number("minutes", self.minutes, 1, 24 * 60)
        _check_text("place", self.place)
        allowed.check_link("link", self.link)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One open deadline in a digest. ``overdue_days`` is 0 while the date has not passed."""

    case_ref: str
    step: Text
    due_on: date
    overdue_days: int
    link: str

    def __post_init__(self) -> None:
        allowed.check_case_ref("case_ref", self.case_ref)
        _check_text("step", self.step)
        allowed.check_day("due_on", self.due_on)
        allowed.check_whole_number("overdue_days", self.overdue_days, 0, 99_999)
        allowed.check_link("link", self.link)


@dataclass(frozen=True, slots=True)
class Digest:
    """A summary of a recipient's open deadlines on one day; optional, so it carries a settings link."""

    lines: tuple[DigestLine, ...]
    day: date
    link: str
    settings_link: str

    def __post_init__(self) -> None:
        if type(self.lines) is not tuple or not all(isinstance(line, DigestLine) for line in self.lines):
            raise MessageFieldError("lines", "a list of digest lines")
        allowed.check_day("day", self.day)
        allowed.check_link("link", self.link)
        allowed.check_link("settings_link", self.settings_link)

    @property
    def kind(self) -> Kind:
        """Always ``digest``, so that every message has a kind."""
        return Kind.DIGEST


@dataclass(frozen=True, slots=True)
class Roundup:
    """Several deadlines in one card, where a team's channel would get more cards at once than it takes."""

    lines: tuple[DigestLine, ...]
    day: date
    link: str

    def __post_init__(self) -> None:
        if type(self.lines) is not tuple or not all(isinstance(line, DigestLine) for line in self.lines):
            raise MessageFieldError("lines", "a list of digest lines")
        allowed.check_whole_number("lines", len(self.lines), 1, MOST_LINES)
        allowed.check_day("day", self.day)
        allowed.check_link("link", self.link)

    @property
    def kind(self) -> Kind:
        """Always ``roundup``, so that every message has a kind."""
        return Kind.ROUNDUP


Message = Notice | Invitation | Digest | Roundup
_TYPES: Mapping[str, type[Message]] = {
    "notice": Notice, "invitation": Invitation, "digest": Digest, "roundup": Roundup,
}  # fmt: skip
_NAMES = {message_type: name for name, message_type in _TYPES.items()}


def _check_text(field: str, value: object) -> None:
    if not isinstance(value, Text):
        raise MessageFieldError(field, "a title in Swedish and English")


def to_json(message: Message) -> dict[str, Any]:
    """Turn a message into JSON-ready values; dates and moments in ISO 8601."""
    return {"layout": _LAYOUT, "type": _NAMES[type(message)], **_plain(message)}


def _plain(record: object) -> dict[str, Any]:
    return {field.name: _plain_value(getattr(record, field.name)) for field in fields(record)}  # type: ignore[arg-type]


def _plain_value(value: object) -> Any:
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(item) for item in value]
        case Text():
            return _plain(value)
        case _:
            return value


def from_json(data: object) -> Message:
    """Read a message back from what `to_json` made.

    Raises:
        MessageFieldError: A field is missing, unknown or holds something it may not.
    """
    if not isinstance(data, dict) or data.get("type") not in list(_TYPES) or data.get("layout") != _LAYOUT:
        raise MessageFieldError("type", f"notice, invitation, digest or roundup, in layout {_LAYOUT}")
    rest = {key: value for key, value in data.items() if key not in ("type", "layout")}
    message: Message = _read(_TYPES[data["type"]], rest, data["type"])
    return message


def _read(record: Any, data: object, where: str) -> Any:
    hints = get_type_hints(record)
    if not isinstance(data, dict) or data.keys() != hints.keys():
        raise MessageFieldError(where, "exactly the fields " + ", ".join(hints))
    return record(**{name: _reader(hints[name])(value, name) for name, value in data.items()})


_Reader = Callable[[Any, str], Any]


def _reader(hint: Any) -> _Reader:
    if isinstance(hint, types.GenericAlias):
        return _read_lines
    return {Text: _read_title, date: _read_day, datetime: _read_moment, Kind: _read_word, Reason: _read_word}.get(
        hint, _keep
    )


def _keep(value: Any, _name: str) -> Any:
    return value


def _read_title(value: Any, name: str) -> Any:
    return _read(Text, value, name)


def _read_word(value: Any, name: str) -> Kind | Reason:
    vocabulary: type[Kind | Reason] = Kind if name == "kind" else Reason
    if type(value) is not str or value not in frozenset(vocabulary):
        raise MessageFieldError(name, "one of " + ", ".join(sorted(vocabulary)))
    return vocabulary(value)


def _read_lines(value: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise MessageFieldError(name, "a list of digest lines")
    return tuple(_read(DigestLine, line, name) for line in value)


def _read_day(value: Any, name: str) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:
        raise MessageFieldError(name, "a date as YYYY-MM-DD")
    return day


def _read_moment(value: Any, name: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        pass
    raise MessageFieldError(name, "a moment in UTC as YYYY-MM-DDTHH:MM:SSZ")
