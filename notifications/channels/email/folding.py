"""An email policy that leaves the threading headers alone.

The standard library's SMTP policy turns a long ``References``, ``In-Reply-To`` or ``List-Unsubscribe`` into an RFC 2047
encoded word, which no mail program reads as an ID, so that threading breaks (cpython#100991, #137201; seen on 3.10 to
3.13, facts/notifications.md §2). A longer ``max_line_length`` would break Swedish subjects instead.
"""

from email.headerregistry import HeaderRegistry
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from typing import Any

_RAW = frozenset({"message-id", "references", "in-reply-to", "list-unsubscribe"})


_LINE = 78


class _Registry(HeaderRegistry):
    """The library's registry makes a new class for every header it meets; this one remembers them."""

    @lru_cache(maxsize=64)  # noqa: B019 - there is one registry, and it lives as long as the process
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


class ThreadingPolicy(EmailPolicy):
    """The SMTP policy, with the headers of IDs and addresses written as they are."""

    def fold(self, name: str, value: str) -> str:
        """One header, folded unless it must not be."""
        if name.lower() in _RAW:
            return _unfolded(name, value)
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same in bytes, which is what is sent."""
        if self.stays_as_it_is(name, value):
            return _unfolded(name, value).encode("ascii")
        return super().fold_binary(name, value)

    def stays_as_it_is(self, name: str, value: str) -> bool:
        """Say whether a header is written unchanged, or not at all where it holds a line break."""
        return name.lower() in _RAW or _fits(name, value)


def _fits(name: str, value: str) -> bool:
    return value.isascii() and len(name) + len(value) <= _LINE - 2 and "\n" not in value and "\r" not in value


def _unfolded(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError("a header holds no line break")
    return f"{name}: {value}\r\n"


THREADING = ThreadingPolicy(linesep=SMTP.linesep, header_factory=_Registry())
