"""Works in the web workplace of a running process, as a browser would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from access.one_time_codes import code_at, step_of
from tests.accounts import PASSWORD
from tests.processes import Region

ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


def web_address(said: str) -> str:
    """Return the address that `bevaka web`, or the run in one process, printed."""
    found = re.search(r"(?:web|ready in [\d.]+ s): (http://\S+)", said)
    assert found is not None
    return found[1]


@contextmanager
def entered(region: Region, port: int, email: str) -> Iterator[httpx.Client]:
    """Start the web workplace and enter it as a member of staff."""
    web = region.start("web", "--port", str(port), BEVAKA_PUBLIC_URL=f"http://127.0.0.1:{port}")
    address = web_address(web.has_said("web: ").text)
    with httpx.Client(base_url=address, headers=ORIGIN, timeout=30) as client:
        join(client, region, email)
        yield client


def join(client: httpx.Client, region: Region, email: str) -> None:
    """Take up an invitation, with a telephone that knows the processes' time; one has then signed in."""
    invited = region.run("staff", "invite", email)
    assert invited.returncode == 0, invited.stderr
    path = urlsplit(invited.stdout.strip()).path
    secret = SECRET.findall(client.get(path).text)[0].replace(" ", "")
    code = code_at(secret, step_of(region.now()))
    given = {"csrf": token(client), "password": PASSWORD, "again": PASSWORD, "otp": code}
    assert client.post(path, data=given).status_code == 200


def token(client: httpx.Client) -> str:
    """Return what the forms of this browser carry."""
    found: list[str] = HIDDEN.findall(client.get("/nowhere").text)
    return found[0]


def post(client: httpx.Client, path: str, **answers: str) -> httpx.Response:
    """Send a form."""
    answer = client.post(path, data={"csrf": token(client), **answers})
    assert answer.status_code == 303, answer.text[-500:]
    return answer


def happen(client: httpx.Client, ref: str, event: str, **answers: str) -> None:
    """Let an event happen to a case."""
    named = {f"a.{name}": value for name, value in answers.items()}
    post(client, f"/cases/{ref}/events", form=f"move-{event}", entry="1", do="apply", **named)
