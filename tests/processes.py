"""Starts the processes of a scaled-out run as an operator would, on a clock that is always in working hours."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from pathlib import Path

from tests.embedded import until
from workflows.calendar import calendar_named
from workflows.dates import STOCKHOLM, local_date

ROOT = Path(__file__).parents[1]


def python_program(name: str) -> tuple[str, str]:
    """Return how to start one of `tests/programs`."""
    return sys.executable, str(Path(__file__).parent / "programs" / f"{name}.py")


PROGRAM = python_program("shifted")


def next_working_morning(now: datetime | None = None) -> timedelta:
    """Return how far ahead of an instant (UTC; this one where not given) it is ten o'clock of a working day."""
    now = now or datetime.now(UTC)
    day = local_date(now) + timedelta(days=1)
    calendar = calendar_named("SE")
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, day_time(10), STOCKHOLM) - now


@dataclass
class Process:
    """A started process; what it says goes to a file."""

    popen: "subprocess.Popen[bytes]"
    said: Path

    def kill(self) -> None:
        """SIGKILL it together with its children, as when a machine goes away."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(10)

    def stop(self, patience: float = 30.0) -> int:
        """Stop it in good order (SIGTERM) and return its status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(patience)

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.said.read_text(errors="replace")

    def has_said(self, words: str, patience: float = 60.0) -> "Process":
        """Wait until it has said something."""

        def heard() -> bool:
            assert self.popen.poll() is None, self.text[-2000:]
            return words in self.text

        until(heard, f"{words}: {self.said}", patience)
        return self


@dataclass
class Region:
    """Where processes of one scaled-out run are started; `environment` is their settings."""

    folder: Path
    environment: dict[str, str]
    shift: timedelta
    started: list[Process] = field(default_factory=list)
    patience: float = 60.0  # seconds a command that ends by itself may take

    def now(self) -> datetime:
        """The instant by the processes' clock, UTC."""
        return datetime.now(UTC) + self.shift

    def start(self, *arguments: str, program: Sequence[str] = PROGRAM, **more: str) -> Process:
        """Start `bevaka ARGUMENTS`, or another program; `more` are settings of its own."""
        said = self.folder / f"{len(self.started)}-{arguments[0]}.txt"
        with said.open("wb") as out:
            popen = subprocess.Popen(
                [*program, *arguments],
                env=self._surroundings(more),
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(Process(popen, said))
        return self.started[-1]

    def worker(self, *options: str, name: str = "worker") -> Process:
        """Start a worker and wait until it takes tasks."""
        return self.start("worker", "--concurrency", "2", "--name", name, *options).has_said("worker: ")

    def clock(self, every: int = 1) -> Process:
        """Start a clock and wait until it ticks."""
        return self.start("clock", "--every", str(every)).has_said("clock: ticking")

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that ends by itself."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=self._surroundings(more),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=self.patience,
            check=False,
        )

    def _surroundings(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEVAKA_", "FLOWER_"))}
        fixed = {"LC_ALL": "en_US.UTF-8", "PYTHONPATH": str(ROOT), "SHIFT_SECONDS": str(self.shift.total_seconds())}
        return {**kept, **fixed, **self.environment, **more}


@contextmanager
def region(folder: Path, environment: dict[str, str]) -> Iterator[Region]:
    """Give a place to start processes in; whatever is left of them is killed when the block ends."""
    made = Region(folder, environment, next_working_morning())
    try:
        yield made
    finally:
        for process in made.started:
            if process.popen.poll() is None:
                process.kill()
