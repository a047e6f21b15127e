"""The API behind a port of this computer, in a house with cases, people and a token for each role."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep

import uvicorn

from access.actors import OPERATOR
from engine.api_tokens import create_token
from tests.house import ROLES, House, moment
from web.app import create_app

NOW = moment("2024-03-04")
SCOPES = ["read", "person", "act", "open", "run"]
PLENTY = 60_000_000  # requests a minute


@dataclass(frozen=True)
class ServedApi:
    """Where it is, a token by role, and the references of its cases."""

    origin: str
    tokens: Mapping[str, str]
    refs: tuple[str, ...]
    spare: int  # a token that may be revoked


@contextmanager
def served_api(house: House, cases: int = 3, requests_per_minute: int = PLENTY) -> Iterator[ServedApi]:
    """Serve until the block ends."""
    refs = house.open_many(cases, "2024-02-15")
    house.fire(refs[0], "record_consent", NOW)
    tokens = {
        role: create_token(house.engine, email, role, SCOPES, 30, OPERATOR, NOW).text for role, email in ROLES.items()
    }
    spare = create_token(house.engine, ROLES["admin"], "spare", SCOPES, 30, OPERATOR, NOW).id
    app = create_app(house.engine, lambda: NOW, None, b"s" * 32, requests_per_minute=requests_per_minute)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = monotonic() + 10
        while not server.started and monotonic() < until:
            sleep(0.02)
        yield ServedApi(f"http://127.0.0.1:{listener.getsockname()[1]}", tokens, tuple(refs), spare)
        server.should_exit = True
        thread.join(10)
