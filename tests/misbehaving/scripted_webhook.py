"""A Teams workflow over HTTPS that answers as badly as it is told to."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer; ``raw`` replaces it altogether, and None in it hangs up without a word."""

    status: int = 202
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[["BaseHTTPRequestHandler"], None] | None = None


@dataclass
class ScriptedWebhook:
    """What was posted, and where to post."""

    decide: Callable[[int], Answer]
    port: int = 0
    posted: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/workflows/x/invoke?api-version=1&sp=%2Ftriggers&sig=S3cr3t-Signature"


class _Server(ThreadingHTTPServer):
    hook: ScriptedWebhook
    context: ssl.SSLContext
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        request.settimeout(5)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        super().process_request_thread(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is what some of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        hook = self.server.hook
        hook.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        hook.headers.append(dict(self.headers))
        hook.paths.append(self.path)
        answer = hook.decide(len(hook.posted))
        if answer.raw is not None:
            answer.raw(self)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def scripted_webhook(
    context: ssl.SSLContext, answer: Answer | None = None, *, decide: Callable[[int], Answer] | None = None
) -> Iterator[ScriptedWebhook]:
    """Serve on loopback until the block ends; ``decide`` gets the number of the request, from 1."""
    fixed = answer or Answer()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hook = ScriptedWebhook(decide or (lambda _number: fixed), int(server.server_address[1]))
    server.context = context
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for_the_end(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the caller gives up."""
    while handler.rfile.read(1):
        pass


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close without an answer."""
    handler.close_connection = True


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """Send one byte of the answer each time the caller has been silent for a while."""
    handler.connection.settimeout(0.02)
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nX: ")
    for _ in range(500):
        handler.wfile.write(b"x")
        try:
            if not handler.connection.recv(1):
                return
        except TimeoutError:
            continue


def babble(handler: BaseHTTPRequestHandler) -> None:
    """Accept, and then send a body without end."""
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65_536)
