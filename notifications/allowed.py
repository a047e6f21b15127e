"""What a message field may hold. An allow-list, so that free text and personal data have nowhere to go."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from workflows.errors import BevakaError

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
TITLE_LENGTH = 120
LINK_LENGTH = 500

_CASE_REF = re.compile(r"BV-[0-9A-HJ-NP-TV-Z]{4}-[0-9A-HJ-NP-TV-Z]{4}", re.ASCII)
# Latin letters, ASCII digits and quiet punctuation: nothing that Markdown, HTML, Jinja or a spreadsheet acts on.
_TITLE = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ɏ§(][0-9A-Za-zÀ-ÖØ-öø-ɏ .,:;()/&%+§!?’'–—-]*")
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:@[A-Za-z0-9.-]{1,100})?", re.ASCII)
_LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?#][A-Za-z0-9/._~=&?#%:@+,-]*)?", re.ASCII)
_FQDN = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII
)
# Swedish personal identity numbers, with or without century and separator: 10 or 12 digits.
_IDENTITY_NUMBER = re.compile(r"\d(?:[ .:/+–—-]?\d){9,}")
# Inside identifiers made by machines (a UUID, a token) a digit run means nothing; on its own it may be a person.
_LONE_IDENTITY_NUMBER = re.compile(r"(?<![A-Za-z0-9-])\d{6,8}[+.-]?\d{4}(?![A-Za-z0-9-])", re.ASCII)


class MessageFieldError(BevakaError):
    """A message field holds something it may not. The value itself is never quoted: it may be personal."""

    def __init__(self, field: str, allowed: str) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"The message field '{field}' is refused. Allowed: {allowed}.")


def check_case_ref(field: str, value: object) -> None:
    """Accept a public case reference such as ``BV-7F3K-92QX`` and nothing else."""
    if not isinstance(value, str) or not _CASE_REF.fullmatch(value):
        raise MessageFieldError(field, "BV-XXXX-XXXX in digits and capital letters without I, O and U")


def check_title(field: str, value: object) -> None:
    """Accept a title from a definition: short, Latin letters, plain punctuation, no identity number."""
    if not isinstance(value, str) or not 1 <= len(value) <= TITLE_LENGTH or not _TITLE.fullmatch(value):
        raise MessageFieldError(field, f"1 to {TITLE_LENGTH} letters, digits, spaces and . , : ; ( ) / & % + § ! ? ' –")
    if _IDENTITY_NUMBER.search(value):
        raise MessageFieldError(field, "text without anything that looks like an identity number")


def check_uid(field: str, value: object) -> None:
    """Accept the stable identifier of a calendar event."""
    if not isinstance(value, str) or not _UID.fullmatch(value) or _LONE_IDENTITY_NUMBER.search(value):
        raise MessageFieldError(field, "letters, digits, '.', '_', '-' and one optional '@domain', no identity number")


def check_link(field: str, value: object) -> None:
    """Accept an absolute web address with a full domain name, or a loopback one (the demo).

    Teams shows an empty card when a link is malformed and ignores single-label hosts (facts/notifications.md §1).
    """
    allowed = f"an absolute http(s) address with a full domain name, at most {LINK_LENGTH} characters"
    if not isinstance(value, str) or len(value) > LINK_LENGTH or not _LINK.fullmatch(value):
        raise MessageFieldError(field, allowed)
    if not _has_public_name(value) or _LONE_IDENTITY_NUMBER.search(value):
        raise MessageFieldError(field, allowed)


def _has_public_name(link: str) -> bool:
    try:
        parts: SplitResult = urlsplit(link)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or "@" in parts.netloc:
        return False
    return host in LOOPBACK_HOSTS or _FQDN.fullmatch(host) is not None


def check_whole_number(field: str, value: object, least: int, most: int) -> None:
    """Accept an integer (not a truth value) within the bounds, both included."""
    if type(value) is not int or not least <= value <= most:
        raise MessageFieldError(field, f"a whole number from {least} to {most}")


def check_flag(field: str, value: object) -> None:
    """Accept true or false, nothing that merely looks so."""
    if type(value) is not bool:
        raise MessageFieldError(field, "true or false")


def check_day(field: str, value: object) -> None:
    """Accept a calendar date; a moment in time is not one (DESIGN §5)."""
    if type(value) is not date:
        raise MessageFieldError(field, "a date without a time of day")


def check_moment(field: str, value: object) -> None:
    """Accept a moment in UTC, to the whole minute or second."""
    if not isinstance(value, datetime) or value.tzinfo is None or value.utcoffset() != timedelta(0):
        raise MessageFieldError(field, "a moment in UTC")
    if value.microsecond or not datetime(1970, 1, 1, tzinfo=UTC) <= value < datetime(2100, 1, 1, tzinfo=UTC):
        raise MessageFieldError(field, "a moment in UTC between 1970 and 2100, in whole seconds")


def check_choice(field: str, value: object, choices: Collection[str]) -> None:
    """Accept one of the listed words of a closed vocabulary."""
    if value not in choices:
        raise MessageFieldError(field, "one of " + ", ".join(sorted(choices)))
