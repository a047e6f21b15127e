"""Stand-ins for the mail server and for Teams: they speak real SMTP and HTTPS on this computer and let nothing out."""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from weakref import WeakSet

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox

Clock = Callable[[], datetime]

TEAMS_LIMIT = 28 * 1024
"""What the real Teams takes, roughly (facts/notifications.md §1)."""

_PATIENCE = 30.0
_MOST_READ = 1024 * 1024


class MailCatcher:
    """An SMTP server on loopback that requires STARTTLS and keeps every mail in the mailbox."""

    def __init__(
        self, mailbox: DemoMailbox, certificates: DemoCertificates, clock: Clock, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._controller = _TidyController(
            _Keeper(mailbox, clock),
            hostname=host,
            port=port or _free_port(host),
            server_hostname="bevaka-demo",
            tls_context=certificates.server_context(),
            require_starttls=True,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _TidyController(Controller):
    """aiosmtpd's controller leaves connections open when it stops; this one closes them first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._transports: WeakSet[asyncio.Transport] = WeakSet()
        super().__init__(*args, **kwargs)

    def factory(self) -> SMTP:
        return _TrackedSmtp(self._transports, self.handler, **self.SMTP_kwargs)

    def stop(self, no_assert: bool = False) -> None:
        if self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._abort_all(), self.loop).result(_PATIENCE)
        super().stop(no_assert)

    async def _abort_all(self) -> None:
        if self.server is not None:
            self.server.close()
        for transport in list(self._transports):
            transport.abort()
        # Aborting is done in the next round of the loop, and TLS on top of it in the one after.
        for _ in range(3):
            await asyncio.sleep(0)


class _TrackedSmtp(SMTP):
    def __init__(self, transports: WeakSet[asyncio.Transport], *args: Any, **kwargs: Any) -> None:
        self._transports = transports
        super().__init__(*args, **kwargs)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Called again after STARTTLS with the TLS layer, whose socket is the first one's.
        if isinstance(transport, asyncio.Transport) and transport.get_extra_info("ssl_object") is None:
            self._transports.add(transport)
        super().connection_made(transport)


class _Keeper:
    def __init__(self, mailbox: DemoMailbox, clock: Clock) -> None:
        self._mailbox = mailbox
        self._clock = clock

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        for recipient in envelope.rcpt_tos:
            self._mailbox.add_mail(raw, str(recipient), self._clock())
        return "250 Caught"


class TeamsCatcher:
    """An HTTPS server on loopback that answers like a Teams workflow and keeps every card in the mailbox."""

    def __init__(
        self, mailbox: DemoMailbox, certificates: DemoCertificates, clock: Clock, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._server = _CardServer((host, port), _CardHandler)
        self._server.mailbox = mailbox
        self._server.clock = clock
        self._server.context = certificates.server_context()
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="teams-catcher", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        """What to put among `TeamsSettings.trusted_origins`."""
        return f"https://localhost:{self.port}"

    def url(self, channel: str = "demo") -> str:
        """A webhook address of a channel, shaped like Microsoft's."""
        return (
            f"{self.origin}/powerautomate/automations/direct/workflows/{channel}/triggers/manual/paths/invoke?sig=demo"
        )

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _CardServer(ThreadingHTTPServer):
    mailbox: DemoMailbox
    clock: Clock
    context: ssl.SSLContext
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # The handshake happens here and not when accepting, so that a silent caller holds up nobody else.
        request.settimeout(_PATIENCE)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        super().process_request_thread(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news."""


class _CardHandler(BaseHTTPRequestHandler):
    server: _CardServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = self._length()
        if length is None:
            self._answer(411, {})
            return
        # Read even what is too long: closing on unread bytes resets the connection, and the answer is lost.
        raw = self.rfile.read(min(length, _MOST_READ))
        if length > TEAMS_LIMIT:
            self._answer(413, {})
            return
        fault = card_fault(raw)
        if fault is not None:
            self._answer(400, {"error": {"code": "TriggerInputSchemaMismatch", "message": fault}})
            return
        self.server.mailbox.add_card(raw, self.path.partition("?")[0], self.server.clock())
        self._answer(202, {})

    def _length(self) -> int | None:
        value = self.headers.get("Content-Length", "")
        return int(value) if value.isascii() and value.isdigit() else None

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        octets = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the overridden name
        """Say nothing: the address holds a signature."""


def card_fault(raw: bytes) -> str | None:
    """What the real workflow would refuse in a posted body, or None."""
    try:
        body = json.loads(raw)
        attachment = body["attachments"][0]
        content = attachment["content"]
        checks = {
            "type": body["type"] == "message",
            "attachments": len(body["attachments"]) == 1,
            "contentType": attachment["contentType"] == "application/vnd.microsoft.card.adaptive",
            "contentUrl": "contentUrl" in attachment and attachment["contentUrl"] is None,
            "content.type": content["type"] == "AdaptiveCard" and content["version"] <= "1.2",
            "content.body": bool(content["body"]),
            "content.actions": all(action["type"] == "Action.OpenUrl" for action in content.get("actions", [])),
        }
    except (ValueError, LookupError, TypeError):
        return "not a message with one adaptive card"
    return next((name for name, fine in checks.items() if not fine), None)


def _free_port(host: str) -> int:
    # aiosmtpd cannot report the port the system chose, so one is found for it.
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
