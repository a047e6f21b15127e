"""A real Valkey (it speaks Redis's protocol) for tests: from the wheel, or the one that the environment names.

with ValkeyServer() as server:
    client = redis.Redis.from_url(server.url)
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import redis

from tests.servers.errors import ServerNotOurs, ServerNotRunning, ServerUnavailable
from tests.servers.installations import valkey_programs
from tests.servers.spawn import signal_and_wait, spawn, tail

VARIABLE = "TEST_REDIS_URL"
NAME = "Valkey"
PATIENCE = 15.0  # seconds a start or a stop may take on a busy machine
TRIES = 5  # between finding a free port and binding it, another process may take it


class ValkeyServer:
    """A Valkey server on a loopback port that stays the same over restarts. Keeps nothing on disk unless told to."""

    def __init__(
        self,
        *,
        aof_dir: Path | None = None,
        appendfsync: Literal["always", "everysec", "no"] = "everysec",
        private: bool = False,
    ) -> None:
        """Describe a server; `start` or ``with`` starts it.

        Args:
            aof_dir: Keep an append-only file in this existing folder. Implies private.
            appendfsync: When that file is flushed.
            private: Start our own even when TEST_REDIS_URL names one.
        """
        named = None if private or aof_dir else os.environ.get(VARIABLE)
        self._named = named
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._keep = ["--appendonly", "no"]
        if aof_dir:
            self._keep = ["--appendonly", "yes", "--appendfsync", appendfsync, "--dir", str(aof_dir.absolute())]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address for redis-py and Celery; it stays valid while the server is down."""
        if self._named is None and not self._port:
            raise ServerNotRunning(NAME)
        return self._named or f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """The server's process id."""
        self._refuse_named("signal")
        return self._alive().pid

    def start(self) -> None:
        """Start the server and return when it answers; nothing to do when it runs or the environment names one.

        Raises:
            ServerUnavailable: No program was found, none would start, or the named server does not answer.
        """
        if self._named is not None:
            _require_answer(self._named)
        if self._named is not None or self._running():
            return
        folder = self._folder = self._folder or Path(tempfile.mkdtemp(prefix="valkey-"))
        refusals = []
        for program in valkey_programs():
            for _ in range(TRIES):
                if self._start_once(program, folder):
                    return
            refusals.append(f"{program}: {tail(folder / 'log')}")
        self.close()
        raise ServerUnavailable(NAME, refusals, VARIABLE)

    def stop(self) -> None:
        """Stop in good order (SIGTERM). Without aof_dir the data is gone."""
        self._refuse_named("stop")
        if self._running():
            signal_and_wait(self._alive(), signal.SIGTERM, PATIENCE)

    def kill(self) -> None:
        """SIGKILL the server."""
        self._refuse_named("kill")
        signal_and_wait(self._alive(), signal.SIGKILL, PATIENCE)

    def restart(self) -> None:
        """Start again on the same port, stopping first if need be."""
        self.stop()
        self.start()

    def flushall(self) -> None:
        """Forget every key of every database, also on a server named by the environment."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def close(self) -> None:
        """Stop for good and delete the server's own folder. A server named by the environment stays as it is."""
        if self._running():
            self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start_once(self, program: Path, folder: Path) -> bool:
        first = not self._port
        port = self._port or free_port()
        where = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
        command = [str(program), *where, "--save", "", "--daemonize", "no", *self._keep]
        self._process = spawn(command, folder / "log")
        self._port = port
        if self._answers(self._process):
            return True
        signal_and_wait(self._process, signal.SIGKILL, PATIENCE)
        self._port = 0 if first else port
        return False

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url) as client:
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    # Another server on a port taken in between would answer too; ours knows its own process id.
                    return client.ping() is True and client.info("server")["process_id"] == process.pid
                except redis.RedisError:
                    time.sleep(0.005)
        return False

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _refuse_named(self, action: str) -> None:
        if self._named is not None:
            raise ServerNotOurs(NAME, action, VARIABLE)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise ServerNotRunning(NAME)
        return self._process


def _require_answer(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        try:
            client.ping()
        except redis.RedisError as refusal:
            raise ServerUnavailable(NAME, [f"{VARIABLE}: {refusal}"], VARIABLE) from refusal


def free_port() -> int:
    """Return a loopback port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
