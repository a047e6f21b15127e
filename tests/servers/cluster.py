"""One PostgreSQL data folder and the postmaster that serves it, on a Unix socket nobody else can reach."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tests.servers import launch
from tests.servers.errors import ServerNotRunning, ServerUnavailable
from tests.servers.installations import Route, copy_programs, routes_on_this_machine
from tests.servers.spawn import signal_and_wait, spawn, tail

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
PATIENCE = 30.0  # seconds a start or a stop may take on a busy machine


class Cluster:
    """A running data folder. Made by `start_cluster`."""

    def __init__(self, folder: Path, programs: Path, identity: str, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._programs = programs
        self._identity = identity
        self._settings = {**SETTINGS, "unix_socket_directories": str(folder), **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._alive().pid

    def initialise(self) -> None:
        """Create the data folder.

        Raises:
            OSError: `initdb` refused; the message carries its last words.
        """
        command = [str(self._programs / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        process = self._spawn([*command, "--no-sync", "--no-instructions", *self._locale()])
        if process.wait(PATIENCE) != 0:
            raise OSError(f"initdb: {tail(self.log)}")

    def start(self) -> None:
        """Start the postmaster and return when it accepts connections.

        Raises:
            OSError: It ended or stayed silent; the message carries its last words.
        """
        deadline = time.monotonic() + PATIENCE
        while not self._start_once(deadline):
            # Backends of a killed postmaster may hold its shared memory until they notice that it is gone.
            if time.monotonic() > deadline or "shared memory block" not in tail(self.log):
                raise OSError(f"postgres: {tail(self.log)}")
            time.sleep(0.05)

    def stop(self, mode: StopMode = "fast") -> None:
        """End the postmaster: "fast" rolls back and checkpoints, "immediate" leaves recovery to the next start."""
        if self.running:
            signal_and_wait(self._alive(), STOP_SIGNALS[mode], PATIENCE)

    def kill(self) -> None:
        """SIGKILL the postmaster, as the out-of-memory killer would."""
        signal_and_wait(self._alive(), signal.SIGKILL, PATIENCE)

    def remove(self) -> None:
        """Stop at once and delete every file."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_once(self, deadline: float) -> bool:
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._spawn([str(self._programs / "postgres"), "-D", str(self.data), *settings])
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._ready(self._process.pid):
                return True
            time.sleep(0.005)
        self.stop("immediate")
        return False

    def _ready(self, pid: int) -> bool:
        """Read the postmaster's own word (line 8 of its pid file, as pg_ctl does), not that of one killed before."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _locale(self) -> list[str]:
        """Sort by code point, yet know that å and Å are one letter, on every machine alike; the wheel has no ICU."""
        version = subprocess.run([self._programs / "initdb", "--version"], capture_output=True, text=True, check=True)
        major = int(version.stdout.split()[2].split(".")[0])
        if major >= 17:
            return ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        return spawn(command, self.log, identity=self._identity, death=signal.SIGQUIT)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise ServerNotRunning("PostgreSQL")
        return self._process


def start_cluster(settings: Mapping[str, str], routes: list[Route] | None = None) -> Cluster:
    """Create and start a PostgreSQL by the first route that works.

    Args:
        settings: Server settings on top of our own.
        routes: Ways to run it; those of this machine unless given.

    Raises:
        ServerUnavailable: None worked; says what each answered.
    """
    refusals = []
    for route in routes_on_this_machine() if routes is None else routes:
        try:
            return _start_by(route, settings)
        except (OSError, subprocess.SubprocessError) as refusal:
            refusals.append(f"{route}: {refusal}")
    raise ServerUnavailable("PostgreSQL", refusals, "TEST_DATABASE_URL")


def _start_by(route: Route, settings: Mapping[str, str]) -> Cluster:
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_short_temporary_folder()))
    try:
        programs = copy_programs(route.programs, folder) if route.copied else route.programs
        if route.identity == launch.SETUID:
            _give_to_nobody(folder)
        cluster = Cluster(folder, programs, route.identity, settings)
        cluster.initialise()
        cluster.start()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return cluster


def _give_to_nobody(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, launch.NOBODY, launch.NOBODY, follow_symlinks=False)


def _short_temporary_folder() -> str:
    """Return a folder whose socket paths fit in the 103 bytes that every system allows."""
    folder = tempfile.gettempdir()
    return folder if len(folder) < 60 else "/tmp"  # noqa: S108
