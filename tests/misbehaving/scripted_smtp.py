"""A mail server that behaves as badly as it is told to."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Thread


class Silly(Enum):
    """What a server may do instead of answering."""

    SILENT = auto()
    HANG_UP = auto()
    TRICKLE = auto()
    BABBLE = auto()


Answer = bytes | Silly
Scripted = Answer | Callable[[bytes], Answer]
"""An answer, or how it follows from the line that was said."""

_GOOD: Mapping[str, Answer] = {
    "greeting": b"220 scripted",
    "EHLO": b"250-scripted\r\n250-AUTH PLAIN\r\n250 STARTTLS",
    "STARTTLS": b"220 go ahead",
    "AUTH": b"235 fine",
    "RSET": b"250 fine",
    "MAIL": b"250 fine",
    "RCPT": b"250 fine",
    "DATA": b"354 go on",
    "body": b"250 kept",
    "QUIT": b"221 bye",
}


@dataclass
class ScriptedSmtp:
    """Answers commands from a table; a list is used up from the left, its last answer stays.

    Attributes:
        patience: Seconds it waits for a caller who says nothing.
        pace: Seconds between the single bytes of one that trickles.
        heard: Every line received in plain text.
        secret: Every line received over TLS.
        bodies: The messages received.
    """

    context: ssl.SSLContext
    answers: dict[str, list[Scripted]]
    patience: float = 5
    pace: float = 0.02
    port: int = 0
    connections: int = 0
    heard: list[bytes] = field(default_factory=list)
    secret: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    implicit_tls: bool = False

    def answer(self, command: str, line: bytes = b"") -> Answer:
        told = self.answers.get(command)
        if not told:
            return _GOOD.get(command, b"502 what")
        found = told.pop(0) if len(told) > 1 else told[0]
        return found(line) if callable(found) else found

    def hear(self, command: str) -> int:
        return sum(line.upper().startswith(command.encode()) for line in self.heard + self.secret)


class _GoneError(Exception):
    pass


@contextmanager
def scripted_smtp(
    context: ssl.SSLContext,
    *,
    implicit_tls: bool = False,
    patience: float = 5,
    pace: float = 0.02,
    **answers: Scripted | list[Scripted],
) -> Iterator[ScriptedSmtp]:
    """Serve on loopback, any number of callers at a time, until the block ends."""
    table = {name: answer if isinstance(answer, list) else [answer] for name, answer in answers.items()}
    server = ScriptedSmtp(context, table, patience, pace, implicit_tls=implicit_tls)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server.port = listener.getsockname()[1]
    thread = Thread(target=_serve, args=(listener, server), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _serve(listener: socket.socket, server: ScriptedSmtp) -> None:
    talks: list[Thread] = []
    with contextlib.suppress(OSError):
        while True:
            connection, _address = listener.accept()
            server.connections += 1
            talks.append(Thread(target=_talk, args=(connection, server), daemon=True))
            talks[-1].start()
    for talk in talks:
        talk.join()


def _talk(connection: socket.socket, server: ScriptedSmtp) -> None:
    talk = _Talk(connection, server)
    with contextlib.closing(talk), contextlib.suppress(_GoneError, OSError):
        talk.run()


class _Talk:
    def __init__(self, connection: socket.socket, server: ScriptedSmtp) -> None:
        self._connection = connection
        self._server = server
        self._secured = False
        connection.settimeout(server.patience)

    def run(self) -> None:
        if self._server.implicit_tls:
            self._secure()
        self._reply(self._server.answer("greeting"))
        while self._converse():
            self._secure()

    def close(self) -> None:
        self._connection.close()

    def _converse(self) -> bool:
        """Answer until the caller goes (False) or TLS is to start (True)."""
        with contextlib.closing(self._lines()) as lines:
            for line in lines:
                command = line[:8].split(b" ")[0].strip().decode(errors="replace").upper()
                answer = self._server.answer(command, line)
                self._reply(answer)
                if command == "STARTTLS" and answer == _GOOD["STARTTLS"]:
                    return True
                if command == "DATA" and answer == _GOOD["DATA"]:
                    self._take_body(lines)
        return False

    def _take_body(self, lines: Iterator[bytes]) -> None:
        body: list[bytes] = []
        for line in lines:
            if line == b".\r\n":
                self._server.bodies.append(b"".join(body))
                self._reply(self._server.answer("body"))
                return
            body.append(line)
        # The caller went before the end of the mail: nobody has it (RFC 5321 §4.1.1.4).

    def _lines(self) -> Generator[bytes, None, None]:
        with self._connection.makefile("rb") as stream:
            while line := stream.readline():
                (self._server.secret if self._secured else self._server.heard).append(line)
                yield line

    def _secure(self) -> None:
        self._connection = self._server.context.wrap_socket(self._connection, server_side=True)
        self._secured = True

    def _reply(self, answer: Answer) -> None:
        match answer:
            case bytes():
                self._connection.sendall(answer + b"\r\n")
            case Silly.HANG_UP:
                raise _GoneError
            case Silly.SILENT:
                self._wait_for_the_end()
            case Silly.TRICKLE:
                self._trickle()
            case Silly.BABBLE:
                self._connection.sendall(b"250-and so on\r\n" * 40_000)

    def _wait_for_the_end(self) -> None:
        while self._connection.recv(4096):
            pass
        raise _GoneError

    def _trickle(self) -> None:
        # One byte each time the caller has been silent for a while: never a timeout, never an end.
        self._connection.settimeout(self._server.pace)
        for _ in range(500):
            self._connection.sendall(b"2")
            try:
                if not self._connection.recv(1):
                    raise _GoneError
            except TimeoutError:
                continue
