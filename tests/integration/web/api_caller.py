"""A program with a token, as the tests of the API play it."""

import json
from dataclasses import dataclass
from typing import Any

from access.actors import OPERATOR
from engine.api_tokens import create_token
from tests.house import ROLES
from tests.integration.web.conftest import TODAY, Browser, Page

EVERYTHING = ("read", "person", "act", "open", "run")


@dataclass(frozen=True)
class Told:
    """What came back: status, headers, and the body as JSON (None where there is none)."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def problem(self) -> str:
        """The word of the problem."""
        return str(self.body["type"]).rpartition("#problem-")[2]


@dataclass(frozen=True)
class Caller:
    """A program with a token of one role."""

    visitor: Browser
    token: str

    def get(self, path: str, **headers: str) -> Told:
        return self._sent("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Told:
        return self._sent("POST", path, body, headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Told:
        return self._sent(method, path, body, headers)

    def post_file(self, path: str, content: bytes, kind: str = "text/csv", **headers: str) -> Told:
        """Send a file as the body."""
        return self._page(
            self.visitor.send("POST", f"/api/v1{path}", content=content, headers=self._headers(headers, kind))
        )

    def _sent(self, method: str, path: str, body: object, headers: dict[str, str]) -> Told:
        more: dict[str, Any] = {"headers": self._headers(headers, None if body is None else "application/json")}
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else json.dumps(body)
        return self._page(self.visitor.send(method, f"/api/v1{path}", **more))

    def _headers(self, headers: dict[str, str], kind: str | None) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kinds = {"Content-Type": kind} if kind else {}
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **kinds, **named}

    def _page(self, page: Page) -> Told:
        is_json = "json" in page.headers.get("content-type", "") and page.text
        return Told(page.status, page.headers, json.loads(page.text) if is_json else None)


def caller(visitor: Browser, role: str = "coordinator", *scopes: str) -> Caller:
    """Return a program with a new token; with every scope where none is named."""
    made = create_token(visitor.house.engine, ROLES[role], role, list(scopes or EVERYTHING), 30, OPERATOR, TODAY)
    return Caller(visitor, made.text)
