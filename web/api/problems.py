"""What went wrong, as problem details (RFC 9457): the one place where an error becomes an answer of the API.

`type` leads to a page that explains it; `title` and `detail` speak the caller's language; the other members are facts
for programs. Nothing of the error's own text is told, and no value that was sent: either could be somebody's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from access.consents import ConsentTermsError
from access.personnumbers import PersonalNumberError
from access.tokens import ScopeError
from engine import errors, import_problems, staffing
from engine.api_tokens import BeyondScopeError, UnknownTokenError
from engine.idempotency import KeyInUseError, KeyReusedError
from engine.inspecting import CursorError
from engine.opening_one import AlreadyOpenError, OutsideProgrammeError
from engine.readiness import AWAY
from engine.resending import MessageNotFoundError, ResendRefusedError
from engine.subscribing import UnknownWebhookError
from intake.problems import FileProblem
from notifications.channels.teams import WebhookUrlError
from notifications.channels.webhooks import HookUrlError
from notifications.recipients import RecipientError
from web.errors import PageNotFoundError, UnavailableError, status_and_key
from web.languages import Language, language_of
from web.texts import Words
from workflows.answer_texts import AnswersError
from workflows.errors import BevakaError
from workflows.explain import UnknownDeadlineError
from workflows.refusals import EventRefusedError, Refusal, Why

MEDIA_TYPE = "application/problem+json"


class MediaTypeError(BevakaError):
    """A body of a kind that is not taken here."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"a body of this kind is not taken; allowed: {', '.join(allowed)}")


class ChannelAwayError(BevakaError):
    """A way out that is not set up in this house."""

    def __init__(self) -> None:
        super().__init__("this channel is not set up")


class UnreadableBodyError(BevakaError):
    """A body that is no JSON, or one nobody can take apart."""

    def __init__(self) -> None:
        super().__init__("the body is no JSON")


class MethodError(BevakaError):
    """An address that does something else."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"allowed: {', '.join(allowed)}")


class TooManyRequestsError(BevakaError):
    """The token has asked as much as it may this minute."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"asked too much; again in {seconds} s")


class PreconditionFailedError(BevakaError):
    """The case is not as the If-Match header says."""

    def __init__(self) -> None:
        super().__init__("the case is not as If-Match says")


class PreconditionRequiredError(BevakaError):
    """A transition without saying what was seen of the case."""

    def __init__(self) -> None:
        super().__init__("a transition needs If-Match or expected_entry")


class BadHeaderError(BevakaError):
    """A header that cannot be used."""

    def __init__(self, header: str, allowed: str) -> None:
        self.header = header
        self.allowed = allowed
        super().__init__(f"{header}: allowed: {allowed}")


Members = Callable[[Any, Language], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Cause:
    """What a kind of error is told as: a status, a word that stays the same, and the facts that go with it."""

    status: int
    key: str
    members: Members = lambda _error, _language: {}
    headers: Callable[[Any], Mapping[str, str]] = field(default=lambda _error: {})


def _field(name: str, allowed: Any) -> dict[str, Any]:
    return {"errors": [{"field": name, "allowed": _listed(allowed)}]}


def _listed(allowed: Any) -> list[str]:
    return [allowed] if isinstance(allowed, str) else [str(one) for one in allowed]


def _refusals(error: EventRefusedError, _language: Language) -> dict[str, Any]:
    return {"event": _word(error.event), "state": error.state, "reasons": [_refusal(one) for one in error.refusals]}


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"why": refusal.why.value, "subject": refusal.subject, "allowed": list(refusal.allowed)}


def _word(event: str) -> str:
    return event if len(event) <= 60 else "?"


def _rows(error: import_problems.ImportRefusedError, language: Language) -> dict[str, Any]:
    rows = [
        {"row": one.row, "column": one.column, "cause": one.cause, "text": one.text(language)}
        for one in error.problems[:1000]
    ]
    return {"rows": rows}


_ABOUT_ANSWERS = frozenset(
    {Why.MISSING_ANSWER, Why.BAD_ANSWER, Why.UNASKED_ANSWER, Why.FUTURE_DATE, Why.UNTIL_PAST, Why.UNTIL_AFTER_DUE,
     Why.NO_REASON, Why.OUT_OF_CALENDAR, Why.UNKNOWN_EVENT}
)  # fmt: skip


def _of_refusal(error: EventRefusedError) -> Cause:
    """What was answered is wrong (422), or the case cannot take the event as it is now (409)."""
    if any(refusal.why is Why.WRONG_ROLE for refusal in error.refusals):
        return Cause(403, "not_allowed", _refusals)
    is_answers = all(refusal.why in _ABOUT_ANSWERS for refusal in error.refusals)
    return Cause(422, "refused", _refusals) if is_answers else Cause(409, "not_now", _refusals)


_CAUSES: Mapping[type[BevakaError], Cause] = {
    MediaTypeError: Cause(415, "media_type", lambda e, _: {"allowed": _listed(e.allowed)}),
    MethodError: Cause(
        405, "method", lambda e, _: {"allowed": _listed(e.allowed)}, lambda e: {"Allow": ", ".join(e.allowed)}
    ),
    TooManyRequestsError: Cause(
        429, "asked_too_much", lambda e, _: {"seconds": e.seconds}, lambda e: {"Retry-After": str(e.seconds)}
    ),
    UnreadableBodyError: Cause(400, "no_json"),
    ChannelAwayError: Cause(409, "no_channel"),
    PreconditionFailedError: Cause(412, "precondition"),
    PreconditionRequiredError: Cause(
        428, "no_precondition", lambda _e, _l: {"allowed": ["If-Match", "expected_entry"]}
    ),
    BadHeaderError: Cause(400, "bad_header", lambda e, _: _field(e.header, e.allowed)),
    KeyReusedError: Cause(422, "key_reused", lambda _e, _l: {"header": "Idempotency-Key"}),
    KeyInUseError: Cause(
        409, "key_in_use", lambda _e, _l: {"header": "Idempotency-Key"}, lambda _: {"Retry-After": "1"}
    ),
    BeyondScopeError: Cause(403, "scope", lambda e, _: {"action": str(e.action)}),
    errors.NotAllowedError: Cause(403, "not_allowed", lambda e, _: {"allowed": sorted(e.allowed)}),
    errors.CaseMovedError: Cause(409, "moved", lambda e, _: {"expected": e.expected, "found": e.found}),
    errors.DefinitionMissingError: Cause(422, "unknown_name", lambda e, _: _field("programme", e.allowed)),
    errors.UnknownUnitError: Cause(422, "unknown_name", lambda e, _: _field("unit", e.allowed)),
    errors.UnknownStaffError: Cause(422, "unknown_name", lambda _e, _l: _field("email", "an address of GET /people")),
    errors.UnknownFieldError: Cause(422, "unknown_name", lambda e, _: _field("fields", e.allowed)),
    errors.DisclosureRefusedError: Cause(
        409,
        "undisclosed",
        lambda e, _: {"reasons": [str(one) for one in e.refused.reasons], "fields": list(e.refused.fields)},
    ),
    staffing.BadEntryError: Cause(422, "bad_value", lambda e, _: _field(e.field, e.allowed)),
    staffing.AlreadyThereError: Cause(409, "already_there", lambda e, _: {"what": e.what}),
    staffing.UnknownRoleError: Cause(422, "unknown_name", lambda e, _: _field("role", e.allowed)),
    staffing.RoleNotHeldError: Cause(409, "role_not_held", lambda e, _: {"role": e.role}),
    staffing.AbsenceError: Cause(409, "absence", lambda e, _: {"cause": e.cause}),
    ScopeError: Cause(422, "bad_value", lambda e, _: _field(e.field, e.allowed)),
    RecipientError: Cause(422, "bad_value", lambda e, _: _field(e.field, e.allowed)),
    WebhookUrlError: Cause(422, "bad_value", lambda e, language: _field("url", e.explain(language))),
    HookUrlError: Cause(422, "hook_url", lambda e, _: {"field": "url", "cause": str(e.cause)}),
    ConsentTermsError: Cause(422, "bad_value", lambda e, _: _field(e.term, e.allowed)),
    PersonalNumberError: Cause(422, "bad_value", lambda _e, _l: _field("person.number", "YYYYMMDD-NNNN")),
    AnswersError: Cause(
        422,
        "bad_value",
        lambda e, _: {"errors": [{"field": name, "allowed": _listed(allowed)} for name, allowed in e.problems]},
    ),
    UnknownDeadlineError: Cause(404, "page_not_found", lambda e, _: {"allowed": list(e.allowed)}),
    MessageNotFoundError: Cause(404, "page_not_found"),
    ResendRefusedError: Cause(409, "resend", lambda e, _: {"cause": str(e.cause), "allowed": list(e.allowed)}),
    UnknownTokenError: Cause(404, "page_not_found"),
    UnknownWebhookError: Cause(404, "page_not_found"),
    AlreadyOpenError: Cause(409, "already_there", lambda _e, _l: {"what": "case"}),
    OutsideProgrammeError: Cause(409, "outside", lambda e, _: {"cause": str(e.cause)}),
    FileProblem: Cause(422, "bad_file", lambda e, language: {"text": e.en() if language == "en" else e.sv()}),
    import_problems.ImportRefusedError: Cause(422, "bad_rows", _rows),
    import_problems.MissingFieldsError: Cause(
        422, "bad_value", lambda e, _: {"errors": [{"field": n, "allowed": list(a)} for n, a in e.fields.items()]}
    ),
    import_problems.FixedFieldError: Cause(422, "bad_value", lambda e, _: _field(e.field, e.allowed)),
    CursorError: Cause(422, "bad_value", lambda _e, _l: _field("cursor", "next_cursor of the page before")),
}
_ELSEWHERE = (
    "case_not_found",
    "not_now",
    "refused",
    "token",
    "too_large",
    "unavailable",
    "unexpected",
    "unlogged",
    "unreadable",
)
KEYS: tuple[str, ...] = tuple(sorted({cause.key for cause in _CAUSES.values()} | set(_ELSEWHERE)))
"""The last part of every `type` there is."""


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """Return the answer that tells what went wrong."""
    language = language_of(None, request.headers.get("accept-language"))
    base = f"{request.app.state.place.engine.public_url}/api/v1/docs#problem-"
    if isinstance(error, RequestValidationError):
        status, key, members = _unreadable(error)
        return _answer(base, status, key, language, members, {})
    ours = _ours(request, error)
    cause = _cause_of(ours)
    headers = {**cause.headers(ours), **({"WWW-Authenticate": "Bearer"} if cause.status == 401 else {})}
    return _answer(base, cause.status, cause.key, language, cause.members(ours, language), headers)


def told(error: BevakaError, language: Language) -> dict[str, Any]:
    """Return a problem as it is told within another answer: of one case among many."""
    cause = _cause_of(error)
    words = Words(language)
    title = words(f"error.{cause.key}.title")
    return {"type": cause.key, "title": title, "status": cause.status, **cause.members(error, language)}


def _cause_of(error: BevakaError) -> Cause:
    if isinstance(error, EventRefusedError):
        return _of_refusal(error)
    for kind in type(error).__mro__:
        if kind in _CAUSES:
            return _CAUSES[kind]
    return Cause(*status_and_key(error))


def _ours(request: Request, error: Exception) -> BevakaError:
    if isinstance(error, BevakaError):
        return error
    if isinstance(error, AWAY):
        return UnavailableError()
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodError(tuple(sorted(_methods(request))))
    if isinstance(error, HTTPException) and error.status_code == 400:
        return UnreadableBodyError()
    return PageNotFoundError() if isinstance(error, HTTPException) and error.status_code < 500 else BevakaError()


def _methods(request: Request) -> set[str]:
    """Return all that the address does: of several routes, the framework names only the first one's."""
    found: set[str] = set()
    for route in request.app.state.api_routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.url.path):
            found |= set(getattr(route, "methods", None) or ())
    return found


def _unreadable(error: RequestValidationError) -> tuple[int, str, dict[str, Any]]:
    """Tell a body that does not fit (422), one that is no JSON or an address that is none (400, 404)."""
    problems = error.errors()
    places = {str(one["loc"][0]) if one["loc"] else "" for one in problems}
    told_errors = [{"field": _place(one["loc"]), "allowed": [_allowed(one)]} for one in problems[:50]]
    if "path" in places:
        return 404, "page_not_found", {}
    if any(one["type"] == "json_invalid" for one in problems):
        return 400, "no_json", {}
    if places <= {"query", "header"}:
        return 400, "bad_address", {"errors": told_errors}
    return 422, "bad_value", {"errors": told_errors}


def _place(location: Iterable[int | str]) -> str:
    """Return where in the request something is wrong; what is no name of ours is not repeated."""
    parts = [str(part) for part in location][1:]
    return ".".join(
        part if part.isascii() and part.replace("_", "").isalnum() and len(part) < 40 else "?" for part in parts
    )


def _allowed(problem: Mapping[str, Any]) -> str:
    """Return what is allowed, in the validator's words, which quote its rules and never what was sent."""
    if problem["type"] == "extra_forbidden":
        return "no such field"
    if problem["type"] in ("value_error", "json_invalid"):
        return str(problem.get("ctx", {}).get("error", "")) or "another value"
    return str(problem["msg"])


def _answer(
    base: str, status: int, key: str, language: Language, members: Mapping[str, Any], headers: Mapping[str, str]
) -> JSONResponse:
    words = Words(language)
    body = {
        "type": f"{base}{key}",
        "title": words(f"error.{key}.title"),
        "status": status,
        "detail": words(f"error.{key}.text"),
        **members,
    }
    return JSONResponse(body, status, {**headers, "Content-Language": language}, MEDIA_TYPE)
