"""Start server processes that cannot outlive this one."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import launch

LAUNCHER = Path(launch.__file__)


class _Spawner:
    """The one thread that starts every server.

    Linux sends the parent-death signal when the *thread* that started the child ends, so a server started from a
    passing worker thread would die with it. This thread lives as long as the process.
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin with a fresh thread: threads do not survive a fork."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

    def popen(self, command: Sequence[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the command with its output appended to ``log``."""
        return self._executor.submit(_popen, command, log, environment).result()


def _popen(command: Sequence[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for pytest; the fixture stops the server
        )


_spawner = _Spawner()
os.register_at_fork(after_in_child=_spawner.renew)


def spawn(
    command: Sequence[str], log: Path, *, identity: str = launch.AS_IS, death: signal.Signals = signal.SIGTERM
) -> subprocess.Popen[bytes]:
    """Start a program that gets ``death`` when this process ends, however it ends (Linux).

    Args:
        command: An absolute path and its arguments.
        log: Where output goes; its folder becomes the working directory.
        identity: Who the program runs as: `launch.AS_IS`, `launch.NAMESPACE` or `launch.SETUID`.
        death: What the program is sent when this process dies.
    """
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), identity, str(os.getpid()), str(int(death))]
    # The messages are read by us, and the server's own time zone must not depend on the developer's.
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return _spawner.popen([*launcher, *command], log, environment)


def signal_and_wait(process: subprocess.Popen[bytes], number: signal.Signals, timeout: float) -> None:
    """Send a signal and wait for the process to end; kill it if it does not within ``timeout`` seconds."""
    process.send_signal(number)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout)


def tail(log: Path, lines: int = 5) -> str:
    """Return the last lines of a log on one line, for an error message."""
    if not log.exists():
        return "no output"
    return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]) or "no output"
