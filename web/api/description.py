"""What the API says of itself: OpenAPI 3.1, and a page for people, without a script."""

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment

from web.api.calls import PREFIX
from web.api.problems import KEYS, MEDIA_TYPE
from web.languages import language_of
from web.rendering import templates
from web.texts import Words

VERSION = "1.0.0"
ABOUT = (
    "Everything the pages do, for programs. A bearer token says who acts; its scopes say what it may be used for. "
    "Whatever is foreign to the token answers like what does not exist. Errors are problem details (RFC 9457)."
)
_READS = (400, 401, 403, 404, 429, 503)
_WRITES = (*_READS, 409, 413, 415, 422)
_WITH_ETAG = frozenset({"open_case", "get_case", "assign_case"})
_PAGED = frozenset({"list_cases", "list_ledger", "list_webhook_messages"})
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the sender; the same request with the same key happens once (kept for 24 hours).",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("/openapi.json")
def tell_description(request: Request) -> JSONResponse:
    """Give the OpenAPI description."""
    return JSONResponse(described(request.app))


@router.get("/docs", response_class=HTMLResponse)
def show_description(request: Request) -> HTMLResponse:
    """Show the description as a page to read; problems link to it."""
    words = Words(language_of(None, request.headers.get("accept-language")))
    environment: Environment = templates()
    page = environment.get_template("api.html.j2")
    return HTMLResponse(page.render(words=words, spec=described(request.app), groups=_groups(request.app), keys=KEYS))


@lru_cache(maxsize=4)
def described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of an application's API."""
    routes = app.state.api_routes
    spec = get_openapi(title="Bevaka", version=VERSION, openapi_version="3.1.0", description=ABOUT, routes=routes)
    for methods in spec["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation)
    schemas = spec["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _problem()
    spec["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    spec["security"] = [{"token": []}]
    return spec


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Say of an operation what every one has: its problems, its headers, the key of a repeated request."""
    responses = operation["responses"]
    responses.pop("422", None)
    name = operation["operationId"]
    codes = set(_READS if method == "get" else _WRITES)
    if any(one["name"] == "if-match" for one in operation.get("parameters", ())):
        codes |= {412, 428}
    if name in _PAGED:
        codes.add(422)  # a cursor that no page has given out
    for status in sorted(codes):
        responses[str(status)] = _problem_response(status)
    if name == "get_case":
        responses["304"] = {"description": "It is as If-None-Match says.", "headers": {"ETag": _header()}}
    for status, response in responses.items():
        if status.startswith("2"):
            _head(response, name)
    if method in ("post", "patch") and not name.startswith("preview_"):
        operation.setdefault("parameters", []).append(_KEY)


def _head(response: dict[str, Any], name: str) -> None:
    headers = {}
    if name in _WITH_ETAG:
        headers["ETag"] = _header()
    if name in _PAGED:
        headers["Link"] = {"schema": {"type": "string"}, "description": 'The next page, rel="next".'}
    if headers:
        response["headers"] = headers


def _header() -> dict[str, Any]:
    return {"schema": {"type": "string"}, "required": True, "description": "What was seen of the case."}


def _problem_response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 429:
        response["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    return response


_MEANINGS = {
    400: "Something in the address, a header or the JSON cannot be read.",
    401: "The token is missing or not good.",
    403: "The token's scopes or its owner's roles do not allow it.",
    404: "It does not exist, or is none of the token's business.",
    409: "It clashes with how things are now.",
    412: "The case is not as If-Match says.",
    413: "The body is too large.",
    415: "A body of that kind is not taken.",
    422: "A field holds what it may not.",
    428: "Say what you saw of the case: If-Match or expected_entry.",
    429: "The token has asked as much as it may this minute.",
    503: "The database cannot be used just now.",
}


def _problem() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return {
        "type": "object",
        "description": "Problem details (RFC 9457); further members are facts for programs.",
        "properties": {**texts, "status": {"type": "integer"}},
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": True,
    }


def _groups(app: FastAPI) -> dict[str, list[dict[str, Any]]]:
    """Return the operations by their group, as the page lists them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in described(app)["paths"].items():
        for method, operation in methods.items():
            line = {"method": method.upper(), "path": path, **operation}
            found.setdefault(operation["tags"][0], []).append(line)
    return found
