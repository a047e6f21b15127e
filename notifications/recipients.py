"""Where a message goes: a mailbox or a Teams connection. Both guard themselves against being printed."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from workflows.errors import BevakaError

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")

_LOCAL_PART = r"(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_MAILBOX = re.compile(rf"(?P<local>{_LOCAL_PART})@{_DOMAIN}", re.ASCII)


class RecipientError(BevakaError):
    """An address or a language is not usable. The address is not quoted: it points out a person."""

    def __init__(self, field: str, allowed: str) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"The recipient's {field} is refused. Allowed: {allowed}.")


def check_address(address: object) -> str:
    """Return the address if it is one plain ASCII mailbox with a full domain name (no name, no list, no CR or LF).

    Raises:
        RecipientError: It is anything else.
    """
    if not isinstance(address, str) or len(address) > 254 or not _MAILBOX.fullmatch(address):
        raise RecipientError("address", "one address such as name@region.example, in ASCII")
    return address


def _check_language(language: object) -> None:
    if language not in LANGUAGES:
        raise RecipientError("language", "sv or en")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One person's address and the language she reads. Its repr leaves the address out."""

    address: str = field(repr=False)
    language: Language = "sv"

    def __post_init__(self) -> None:
        check_address(self.address)
        _check_language(self.language)


class SecretUrl:
    """A webhook address, which is a credential: printed as its host and the last four of its SHA-256."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """The whole address, for sending and for encrypting at rest. Never for a log, a page or a message."""
        return self._url

    @property
    def label(self) -> str:
        """What may be shown to an administrator, such as ``hooks.example.com …3fa9``."""
        return f"{urlsplit(self._url).hostname} …{sha256(self._url.encode()).hexdigest()[-4:]}"

    def __repr__(self) -> str:
        return f"SecretUrl({self.label})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretUrl) and other._url == self._url

    def __hash__(self) -> int:
        return hash((SecretUrl, self._url))

    def __reduce__(self) -> str:
        raise TypeError("A SecretUrl is not serialised; encrypt what reveal() returns.")


@dataclass(frozen=True, slots=True)
class TeamsConnection:
    """One Teams workflow that posts into a channel, and the language of that channel."""

    url: SecretUrl
    language: Language = "sv"

    def __post_init__(self) -> None:
        _check_language(self.language)
