"""A browser without a screen: it keeps cookies, follows nothing by itself and fills in forms by their labels' names."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.accounts import PASSWORD, Account
from tests.fakes.demo import FakeDemo
from tests.house import House, moment
from web.app import create_app
from web.place import Entrance

SECRET = b"s" * 32
TODAY = moment("2024-03-04")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Browser:
    """A visitor of the workplace."""

    client: httpx.AsyncClient
    house: House
    demo: FakeDemo | None
    now: list[datetime] = field(default_factory=lambda: [TODAY])

    def get(self, path: str, **headers: str) -> "Page":
        return self.send("GET", path, headers=headers)

    def post(
        self, path: str, answers: dict[str, str] | None = None, *, token: str | None = None, **headers: str
    ) -> "Page":
        """Send a form with this session's token (or another one)."""
        csrf = self.token() if token is None else token
        return self.send("POST", path, data={"csrf": csrf, **(answers or {})}, headers=headers)

    def send(self, method: str, path: str, **more: Any) -> "Page":
        answer = asyncio.run(self.client.request(method, path, **more))
        return Page(answer.status_code, answer.text, dict(answer.headers))

    def token(self) -> str:
        token: str = dict(HIDDEN.findall(self.get("/nowhere").text))["csrf"]
        return token

    def sign_in(self, account: Account) -> "Browser":
        """Sign in with password and one-time code."""
        assert self.post("/sign-in", {"email": account.email, "password": PASSWORD}).status == 303
        assert self.post("/sign-in/code", {"code": account.telephone.code(self.now[0])}).status == 303
        return self

    def become(self, role: str) -> "Browser":
        """Take another part in the demo."""
        assert self.post("/persona", {"staff": str(self.house.staff[role])}).status == 303
        return self

    def event(self, ref: str, form: str, entry: int = 1, do: str = "apply", **answers: str) -> "Page":
        """Send one of a case's forms."""
        named = {f"a.{name}": value for name, value in answers.items()}
        return self.post(f"/cases/{ref}/events", {"form": form, "entry": str(entry), "do": do, **named})


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def words(self) -> str:
        """The page as it is read: no tags, one space between words."""
        body = re.sub(r"(?s)<(script|svg|head)\b.*?</\1>", " ", self.text)
        return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def browser_in(house: House, *, demo: bool = True, entrance: Entrance | None = None) -> Browser:
    now = [TODAY]
    door = FakeDemo(house) if demo else None
    app = create_app(house.engine, lambda: now[0], door, SECRET, entrance=entrance)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url=house.engine.public_url, follow_redirects=False)
    return Browser(client, house, door, now)


@pytest.fixture
def browser(sqlite_house: House) -> Browser:
    """A visitor of the demo, who begins as the coordinator of `north`."""
    return browser_in(sqlite_house)


@pytest.fixture
def visitor(sqlite_house: House) -> Browser:
    """A visitor of a real house, who has not signed in."""
    return browser_in(sqlite_house, demo=False)
