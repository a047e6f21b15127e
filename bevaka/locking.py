"""One run per data folder: two clocks over one SQLite file would be safe, two mailboxes and two doors would not."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflows.errors import BevakaError

LOCK_FILE = "bevaka.lock"


class AlreadyRunningError(BevakaError):
    """Another process runs on this data folder."""

    def __init__(self, folder: Path, process: str) -> None:
        self.folder = folder
        self.process = process
        known = f" (process {process})" if process else ""
        super().__init__(
            f"Bevaka is running on {folder} already{known}: stop it first, or set BEVAKA_DATA_DIR to another folder"
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process. The lock goes with the process, however it ends.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise AlreadyRunningError(folder, file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_running(folder: Path) -> bool:
    """Say whether a process runs on a data folder."""
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        with locked(folder):
            return False
    except AlreadyRunningError:
        return True
