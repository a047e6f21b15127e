"""Every error is told once, in Swedish and English, with a status; nothing typed is quoted unless it is a word."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import access
import bevaka
import config
import engine
import intake
import notifications
import storage
import workflows
from bevaka import error_words, language
from bevaka.guard import ForeignPackageError
from engine.errors import CaseNotFoundError, UnknownStaffError, UnknownUnitError
from engine.import_problems import MissingFieldsError
from engine.staffing import AbsenceError
from notifications.channels.sockets import AuthorityFileError
from workflows.errors import BevakaError

# Raised inside and caught inside, or only by a definition's own text: no command lets one out.
INSIDE = {
    "CalendarRangeError",
    "CellError",
    "DateLanguageError",
    "DeliveryFailed",
    "EmptyHistoryError",
    "GuardError",
    "MessageFieldError",
    "NaiveTimeError",
    "PersonalNumberError",
    "WithheldError",
    "UnknownCalendarError",
    # who comes in is asked by pages only
    "BeyondScopeError",
    "CodeRefusedError",
    "InvitationGoneError",
    "NotANumberError",
    "NotProvedError",
    "NotStaffError",
    "NotUnderWayError",
    "ProviderError",
    "SessionGoneError",
    "SignInRefusedError",
    "SignInWaitError",
    "TokenRefusedError",
    "ViewError",
    "ViewNotFoundError",
    "WeakPasswordError",
    "WorkingHoursError",
    # absences and feeds are for pages and subscribers only
    "AbsenceNotFoundError",
    "FeedBusyError",
    "FeedGoneError",
    # the REST API is asked by programs only
    "AlreadyOpenError",
    "HookUrlError",
    "KeyInUseError",
    "KeyReusedError",
    "OutsideProgrammeError",
    "UnknownWebhookError",
    "EventRefusedError",  # told by `why_not`, in the programme's titles
}
PACKAGES = (access, bevaka, config, engine, intake, notifications, storage, workflows)


def errors() -> Iterator[type[BevakaError]]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    waiting = [BevakaError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.split(".")[0] not in ("tests", "demo", "tasks", "web", "reports"):
                yield kind


def test_every_error_a_command_can_end_with_has_words_of_its_own() -> None:
    untold = {
        kind.__name__
        for kind in errors()
        if not any(base in error_words._WORDS for base in kind.__mro__) and not kind.__subclasses__()
    }
    assert untold - INSIDE == set()


def test_a_guard_against_foreign_packages_is_no_error_of_a_command() -> None:
    assert not issubclass(ForeignPackageError, BevakaError)


@pytest.fixture(params=["sv", "en"])
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    tongue: str = request.param
    for module in (language, error_words):
        monkeypatch.setattr(module, "spoken", lambda: tongue)
    return tongue


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CaseNotFoundError("BV-7F3K-92QX"), 3),
        (UnknownStaffError("nobody@bevaka.example"), 3),
        (UnknownUnitError("west", ("north", "south")), 3),
        (MissingFieldsError({"origin": ("fk_contact",)}), 2),
        (AbsenceError("order"), 2),
        (AuthorityFileError(None), 4),
        (BevakaError("something else"), 1),
    ],
)
def test_an_error_has_its_status_and_says_something(spoken: str, error: BevakaError, status: int) -> None:
    assert error_words.status(error) == status
    assert error_words.words(error)


def test_what_is_allowed_is_told(spoken: str) -> None:
    assert "north, south" in error_words.words(UnknownUnitError("west", ("north", "south")))


@pytest.mark.parametrize("number", ["20000505-2386", "200005052386", "000505-2386", "0005052386", "000505+2386"])
def test_a_number_typed_in_a_wrong_place_is_not_repeated(spoken: str, number: str) -> None:
    for error in (CaseNotFoundError(number), UnknownStaffError(number), UnknownUnitError(number, ())):
        assert number not in error_words.words(error)


@given(st.text())
def test_what_was_typed_is_repeated_whole_or_not_at_all(text: str) -> None:
    assert error_words.typed(text) in (text, "…")


@given(st.text(st.characters(exclude_categories=("L", "N", "P", "S")), min_size=1) | st.from_regex(r"\w+ \w+"))
def test_two_words_such_as_a_name_are_never_repeated(text: str) -> None:
    assert error_words.typed(text) == "…"
