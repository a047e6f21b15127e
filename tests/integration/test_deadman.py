"""The dead man's switch: somebody outside hears from us for as long as nothing waits too long."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bevaka.deadman import Deadman
from demo.certificates import DemoCertificates
from engine.sweeping import sweep
from tasks.provided import provide, withdraw
from tasks.sweeping import sweep_due
from tests.house import House, moment

REMINDED = moment("2024-02-15", "09:00")


@dataclass
class Listener:
    """An HTTPS server on loopback that counts who calls; `status` is what it answers."""

    url: str
    cafile: Path
    heard: list[str] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    certificates = DemoCertificates(tmp_path, datetime.now(UTC))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.heard.append(self.path)
            self.send_response(made.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = certificates.server_context().wrap_socket(server.socket, server_side=True)
    made = Listener(f"https://localhost:{server.server_address[1]}/ping/1", certificates.ca_file)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_sweep_tells_the_outside_that_all_is_well(sqlite_house: House, listener: Listener) -> None:
    sqlite_house.open_case("2024-01-31")
    deadman = Deadman(sqlite_house.engine, listener.url, listener.cafile)
    provide(sqlite_house.engine, lambda: REMINDED, deadman.ping)
    sweep_due()
    withdraw()
    assert listener.heard == ["/ping/1"]


def test_nothing_is_said_while_something_due_is_old(sqlite_house: House, listener: Listener) -> None:
    sqlite_house.open_case("2024-01-31")
    assert not Deadman(sqlite_house.engine, listener.url, listener.cafile).ping(REMINDED)
    assert listener.heard == []


def test_nothing_is_said_while_a_message_that_may_leave_is_old(sqlite_house: House, listener: Listener) -> None:
    sqlite_house.open_case("2024-01-31")
    sweep(sqlite_house.engine, REMINDED)
    deadman = Deadman(sqlite_house.engine, listener.url, listener.cafile, every=0)
    assert deadman.ping(REMINDED)
    assert not deadman.ping(REMINDED + timedelta(minutes=11))


def test_it_is_said_once_a_minute(sqlite_house: House, listener: Listener) -> None:
    deadman = Deadman(sqlite_house.engine, listener.url, listener.cafile)
    assert [deadman.ping(REMINDED) for _ in range(3)] == [True, False, False]


def test_a_listener_that_refuses_or_is_not_who_it_says_was_not_reached(
    sqlite_house: House, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = 500
    assert not Deadman(sqlite_house.engine, listener.url, listener.cafile).ping(REMINDED)
    assert not Deadman(sqlite_house.engine, listener.url).ping(REMINDED)  # an authority nobody trusts
    assert "ConnectError" in caplog.text
    assert listener.url not in caplog.text


def test_without_an_address_nobody_is_called(sqlite_house: House) -> None:
    assert not Deadman(sqlite_house.engine, "").ping(REMINDED)
