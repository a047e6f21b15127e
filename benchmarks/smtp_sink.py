"""A mail server in a process of its own that takes everything and forgets it: lean, so that it is not the bottleneck.

`python -m benchmarks.smtp_sink LOG [--real]` prints its port; for every mail it accepted LOG gets a line with the
instant (seconds since 1970) and the Message-ID. `--real` makes it more like a real one: it writes each mail to disk
before it says 250 (RFC 5321 §6.1), and its answers are a millisecond on their way.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from notifications.channels.email import SmtpSettings

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
END = b"\r\n.\r\n"
ANSWERS = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
FINE = b"250 fine\r\n"
AWAY = 0.001  # seconds


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, log: int, kept: int | None) -> None:
        self._log, self._kept = log, kept
        self._away = AWAY if kept is not None else 0.0
        self._received = bytearray()
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out = cast(asyncio.Transport, transport)
        self._answer(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._take_mail() if self._in_data else self._take_command():
            pass

    def _take_command(self) -> bool:
        line, ended, rest = self._received.partition(b"\r\n")
        if not ended:
            return False
        self._received = rest
        verb = bytes(line[:4]).upper()
        self._in_data = verb == b"DATA"
        self._answer(ANSWERS.get(verb, FINE))
        return True

    def _take_mail(self) -> bool:
        mail, ended, rest = self._received.partition(END)
        if not ended:
            return False
        self._received, self._in_data = rest, False
        if self._kept is not None:
            os.write(self._kept, mail)
            os.fdatasync(self._kept)
        found = MESSAGE_ID.search(mail)
        os.write(self._log, b"%.6f %s\n" % (time.time(), found[1] if found else b"-"))
        self._answer(FINE)
        return True

    def _answer(self, said: bytes) -> None:
        if self._away:
            asyncio.get_running_loop().call_later(self._away, self._out.write, said)
        else:
            self._out.write(said)


async def serve(log: Path, *, real: bool) -> None:
    """Take mail until killed."""
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    kept = os.open(log.with_suffix(".mail"), os.O_WRONLY | os.O_CREAT | os.O_APPEND) if real else None
    server = await asyncio.get_running_loop().create_server(lambda: Talk(written, kept), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Sink:
    """A running server."""

    port: int
    log: Path

    def accepted(self) -> list[tuple[float, str]]:
        """Return when each mail was accepted (seconds since 1970), and its Message-ID."""
        lines = self.log.read_text(encoding="ascii").splitlines() if self.log.exists() else []
        return [(float(at), name) for at, _, name in (line.partition(" ") for line in lines)]

    def count(self) -> int:
        """Return how many mails it has accepted."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0


def settings_of(port: int) -> SmtpSettings:
    """Return how a channel in this process reaches the server on a port."""
    return SmtpSettings(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="bevaka@bevaka.example",
        message_id_key=b"k" * 32,
        message_id_domain="bevaka.example",
    )


@contextmanager
def running(folder: Path, name: str = "sink", *, real: bool = False) -> Iterator[Sink]:
    """Give a server; its log is in `folder`."""
    log = folder / f"{name}.log"
    command = [sys.executable, "-m", "benchmarks.smtp_sink", str(log), *(["--real"] if real else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            yield Sink(int(cast(IO[str], process.stdout).readline()), log)
        finally:
            process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--real", action="store_true")
    asked = parser.parse_args()
    asyncio.run(serve(asked.log, real=asked.real))
