"""What can go wrong for a visitor, and the one place where errors become a status and words."""

from collections.abc import Iterator
from dataclasses import dataclass

from access.identities import IdentityUnreadableError
from access.oidc import ProviderError
from engine.absences import AbsenceNotFoundError
from engine.api_tokens import BeyondScopeError, TokenRefusedError, UnknownTokenError
from engine.breaking_glass import OpeningNotFoundError
from engine.enrolling import InvitationGoneError
from engine.entering_by_provider import NotStaffError, NotUnderWayError
from engine.errors import (
    CaseMovedError,
    CaseNotFoundError,
    DisclosureRefusedError,
    NotAllowedError,
    UnknownStaffError,
    UnknownUnitError,
    UnloggedReadError,
)
from engine.inspecting import CursorError
from engine.resending import MessageNotFoundError, ResendRefusedError
from engine.saved_views import ViewNotFoundError
from engine.sessions import NotProvedError, SessionGoneError
from engine.signing_in import CodeRefusedError, SignInRefusedError, SignInWaitError
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
    """Nobody has signed in in this session."""

    def __init__(self) -> None:
        super().__init__("nobody has signed in")


class UnavailableError(BevakaError):
    """The database is away, full or overwhelmed."""

    def __init__(self) -> None:
        super().__init__("the database cannot be used at the moment")


@dataclass(frozen=True, slots=True)
class Explained:
    """An error as a page shows it."""

    status: int
    title: str
    text: str
    details: tuple[str, ...] = ()


_CAUSES: dict[type[BevakaError], tuple[int, str]] = {
    CaseNotFoundError: (404, "case_not_found"),
    UnknownUnitError: (404, "page_not_found"),
    UnknownStaffError: (404, "page_not_found"),
    AbsenceNotFoundError: (404, "page_not_found"),
    PageNotFoundError: (404, "page_not_found"),
    NotAllowedError: (403, "not_allowed"),
    ForgedFormError: (403, "forged"),
    SignInRefusedError: (403, "sign_in"),
    CodeRefusedError: (403, "code"),
    SignInWaitError: (429, "too_many"),
    SessionGoneError: (403, "session_gone"),
    NotProvedError: (403, "not_proved"),
    InvitationGoneError: (404, "invitation"),
    NotUnderWayError: (403, "not_under_way"),
    NotStaffError: (403, "not_staff"),
    ProviderError: (502, "provider"),
    UnknownTokenError: (404, "page_not_found"),
    OpeningNotFoundError: (404, "page_not_found"),
    ViewNotFoundError: (404, "page_not_found"),
    TokenRefusedError: (401, "token"),
    MessageNotFoundError: (404, "page_not_found"),
    ResendRefusedError: (409, "resend"),
    BeyondScopeError: (403, "not_allowed"),
    CaseMovedError: (409, "moved"),
    EventRefusedError: (422, "refused"),
    FormTooLargeError: (413, "too_large"),
    CursorError: (400, "bad_address"),
    BadAddressError: (400, "bad_address"),
    IdentityUnreadableError: (500, "unreadable"),
    UnloggedReadError: (503, "unlogged"),
    DisclosureRefusedError: (422, "undisclosed"),
    UnavailableError: (503, "unavailable"),
}


def explain(error: BevakaError, words: Words, definition: Definition | None = None) -> Explained:
    """Return an error's status and words. What the error itself says is for logs and never shown."""
    status, key = status_and_key(error)
    details = tuple(refusal_lines(error, definition, words)) if definition else ()
    return Explained(status, words(f"error.{key}.title"), words(f"error.{key}.text"), details)


def status_and_key(error: BevakaError) -> tuple[int, str]:
    """Return an error's status and the name of its words."""
    return next((found for cause, found in _CAUSES.items() if isinstance(error, cause)), (500, "unexpected"))


def refusal_lines(error: BevakaError, definition: Definition, words: Words) -> Iterator[str]:
    """Give every reason of a refusal in words."""
    if isinstance(error, EventRefusedError):
        for refusal in error.refusals:
            yield why_not(refusal, definition, words.language)
