"""A disk that can be filled and freed: a small one of its own, or files that may not grow where none may be."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

BLOCK = 1 << 16


class Disk(Protocol):
    """What can be filled and freed. `pids` are the processes that write to it."""

    def fill(self, pids: Iterable[int]) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give room again."""


@dataclass
class MountedDisk:
    """A file system of a few megabytes, and the ballast that fills it to the last byte."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self, pids: Iterable[int]) -> None:  # noqa: ARG002 - whoever writes, there is no room
        """Write until the system says that the disk is full."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (BLOCK, 512, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink()


@dataclass
class LimitedFiles:
    """Processes that may write no byte to any file: what a full disk does to them, without one."""

    limited: list[int] = field(default_factory=list)

    def fill(self, pids: Iterable[int]) -> None:
        """Forbid them to write."""
        self.limited = [one for pid in pids for one in (pid, *children(pid))]
        self._limit(0)

    def free(self) -> None:
        """Allow it again, to whoever is there still."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, octets: int) -> None:
        for pid in {one for known in self.limited for one in (known, *children(known))}:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


def children(pid: int) -> list[int]:
    """Return a process's children and theirs."""
    try:
        told = [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return [one for child in told for one in (child, *children(child))]


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount a file system of so many megabytes; raises `OSError` where that is not allowed."""
    options = f"size={megabytes}m,mode=1777"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if made.returncode != 0:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True, check=False)


def own_mounts() -> list[str] | None:
    """Return how to start a program that may mount for itself alone; None where this machine does not let us."""
    program = shutil.which("unshare")
    ways = (["-m"], ["-r", "-m"])
    for way in ways if program else ():
        probe = [str(program), *way, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return [str(program), *way]
    return None
