"""What can go wrong for a visitor, and the one place where errors become a status and words."""

from collections.abc import Iterator
from dataclasses import dataclass

from access.identities import IdentityUnreadableError
from engine.errors import CaseMovedError, CaseNotFoundError, NotAllowedError
from engine.inspecting import CursorError
from web.texts import Words
from workflows.errors import BevakaError
from workflows.model import Definition
from workflows.refusal_words import why_not
from workflows.refusals import EventRefusedError


class PageNotFoundError(BevakaError):
    """There is no such page, mail or form."""

    def __init__(self) -> None:
        super().__init__("there is no such page")


class BadAddressError(BevakaError):
    """A part of an address has a value that is not allowed."""

    def __init__(self, name: str, allowed: str) -> None:
        self.name = name
        self.allowed = allowed
        super().__init__(f"{name}: allowed: {allowed}")


class ForgedFormError(BevakaError):
    """A form did not come from a page of this session."""

    def __init__(self) -> None:
        super().__init__("the form did not come from a page of this session")


class FormTooLargeError(BevakaError):
    """A form is larger than any of ours."""

    def __init__(self) -> None:
        super().__init__("the form is too large")


class NotEnteredError(BevakaError):
    """Nobody has entered in this session."""

    def __init__(self) -> None:
        super().__init__("nobody has entered")


class WrongCodeError(BevakaError):
    """The access code is wrong."""

    def __init__(self) -> None:
        super().__init__("the access code is wrong")


class TooManyTriesError(BevakaError):
    """Too many wrong access codes."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many wrong codes; wait {seconds} seconds")


@dataclass(frozen=True, slots=True)
class Explained:
    """An error as a page shows it."""

    status: int
    title: str
    text: str
    details: tuple[str, ...] = ()


_CAUSES: dict[type[BevakaError], tuple[int, str]] = {
    CaseNotFoundError: (404, "case_not_found"),
    PageNotFoundError: (404, "page_not_found"),
    NotAllowedError: (403, "not_allowed"),
    ForgedFormError: (403, "forged"),
    WrongCodeError: (403, "wrong_code"),
    TooManyTriesError: (429, "too_many"),
    CaseMovedError: (409, "moved"),
    EventRefusedError: (422, "refused"),
    FormTooLargeError: (413, "too_large"),
    CursorError: (400, "bad_address"),
    BadAddressError: (400, "bad_address"),
    IdentityUnreadableError: (500, "unreadable"),
}


def explain(error: BevakaError, words: Words, definition: Definition | None = None) -> Explained:
    """Return an error's status and words. What the error itself says is for logs and never shown."""
    status, key = next((found for cause, found in _CAUSES.items() if isinstance(error, cause)), (500, "unexpected"))
    details = tuple(refusal_lines(error, definition, words)) if definition else ()
    return Explained(status, words(f"error.{key}.title"), words(f"error.{key}.text"), details)


def refusal_lines(error: BevakaError, definition: Definition, words: Words) -> Iterator[str]:
    """Give every reason of a refusal in words."""
    if isinstance(error, EventRefusedError):
        for refusal in error.refusals:
            yield why_not(refusal, definition, words.language)
