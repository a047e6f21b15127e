"""Looks for personal values in what left the system: in the raw bytes, and in every part as a reader sees it."""

import json
import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy

from access.identities import Identity
from demo.mailbox import Caught

SHORTEST_NAME = 4
# Overlapping on purpose: a number may hide behind other digits.
_NUMBER = re.compile(r"(?=(\d{8}[- ]?\d{4}))|(?=(\d{6}[-+]?\d{4}))", re.ASCII)


class PersonalValues:
    """The values that may not be found: every part of every name, every number in its six forms, every free text."""

    def __init__(self, identities: Iterable[Identity], texts: Iterable[str] = ()) -> None:
        people = list(identities)
        names = {part.casefold() for who in people for part in who.name.split() if len(part) >= SHORTEST_NAME}
        self._words = re.compile("|".join(map(re.escape, sorted(names | {text.casefold() for text in texts}))))
        self._numbers = {form for who in people for form in written_forms(who.number.digits)}

    def in_text(self, text: str) -> Iterator[str]:
        """Give what is found in a text."""
        yield from self._words.findall(text.casefold())
        for match in _NUMBER.finditer(text):
            yield from (number for number in match.groups() if number in self._numbers)

    def in_caught(self, caught: Caught) -> list[str]:
        """Return what is found in the raw bytes or the decoded parts of a mail or card."""
        return [found for text in readings(caught) for found in self.in_text(text)]


def written_forms(digits: str) -> tuple[str, ...]:
    """Return the six ways a personal number is written."""
    day, tail = digits[:8], digits[8:]
    return (day + tail, f"{day}-{tail}", f"{day} {tail}", day[2:] + tail, f"{day[2:]}-{tail}", f"{day[2:]}+{tail}")


def readings(caught: Caught) -> Iterator[str]:
    """Give every text that somebody could read in it."""
    yield caught.raw.decode("utf-8", errors="replace")
    yield f"{caught.recipient}\n{caught.subject}"
    if caught.kind == "card":
        yield json.dumps(json.loads(caught.raw), ensure_ascii=False)
        return
    message = message_from_bytes(caught.raw, policy=policy.default)
    yield "\n".join(f"{name}: {value}" for name, value in message.items())
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_payload(decode=True).decode("utf-8", errors="replace")  # type: ignore[union-attr]
