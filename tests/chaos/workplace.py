"""The web workplace as a coordinator's browser uses it, over real HTTP."""

import time
from dataclasses import dataclass, field

import httpx

from tests.processes import Region
from tests.workplace import ORIGIN, join, token, web_address


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, and after how many seconds; status 0: no answer at all."""

    status: int
    seconds: float
    text: str = ""


@dataclass
class Workplace:
    """A member of staff who has entered."""

    client: httpx.Client
    token: str = ""
    answers: list[Answered] = field(default_factory=list)

    @staticmethod
    def enter(said: str, region: Region, email: str) -> "Workplace":
        """Enter at the address that the web process has said."""
        place = Workplace(httpx.Client(base_url=web_address(said), headers=ORIGIN, timeout=30))
        join(place.client, region, email)
        place.token = token(place.client)
        return place

    def post(self, path: str, **answers: str) -> Answered:
        """Send a form."""
        began = time.monotonic()
        try:
            answer = self.client.post(path, data={"csrf": self.token, **answers})
            told = Answered(answer.status_code, time.monotonic() - began, answer.text)
        except httpx.HTTPError as error:
            told = Answered(0, time.monotonic() - began, type(error).__name__)
        self.answers.append(told)
        return told

    def happen(self, ref: str, event: str) -> Answered:
        """Let something happen in a case."""
        return self.post(f"/cases/{ref}/events", form=f"move-{event}", entry="1", do="apply")
