"""Starts `bevaka run` as a process of its own, as an operator would, and waits for what it says."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0  # seconds; a first start lives through a year
PROGRAM = (sys.executable, "-m", "bevaka")
CASES = "12"
SAID = "stderr.txt"


@dataclass
class Running:
    """A process that is ready. `seconds` is how long that took, measured from outside."""

    process: "subprocess.Popen[str]"
    line: str
    seconds: float

    @property
    def url(self) -> str:
        """Where it says its web workplace is."""
        return next(word for word in self.line.split() if word.startswith("http"))

    def end(self, number: signal.Signals, patience: float = 30.0) -> float:
        """Send a signal and wait; return how long it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(patience)
        return time.monotonic() - began


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process on a data folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BEVAKA_")}
    return kept | {"BEVAKA_DATA_DIR": str(folder), "BEVAKA_DEMO_CASES": CASES, "LC_ALL": "en_US.UTF-8"}


@contextmanager
def starting(folder: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Give a process that has just been started; whatever is left of it is killed when the block ends."""
    with (folder / SAID).open("w") as said:  # a file: a pipe that nobody reads would stop the process when it is full
        process = subprocess.Popen(
            [*PROGRAM, "run", *options], env=environment(folder), stdout=subprocess.PIPE, stderr=said, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Give a process that has said it is ready; whatever is left of it is killed when the block ends."""
    began = time.monotonic()
    with starting(folder, *options) as process:
        line = _first_line(process, folder / SAID)
        yield Running(process, line, time.monotonic() - began)


def refused(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run a start that is expected to be refused, to its end."""
    return bevaka(folder, "run", *options)


def bevaka(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    command = [*PROGRAM, *arguments]
    return subprocess.run(
        command, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something another process does."""
    ends = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends, f"in vain: {what}"
        time.sleep(0.05)


def _first_line(process: "subprocess.Popen[str]", said: Path) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        ready = selector.select(PATIENCE)
    line = process.stdout.readline() if ready else ""
    assert line, f"it never became ready: {said.read_text()[-2000:]}"
    return line.strip()
