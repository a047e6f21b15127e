"""A house on a small disk that fills up: `python -m tests.programs.full_disk KIND EVENTS DUE HOW`. Prints what it saw.

It wants a mount namespace of its own (`unshare -m`), where it mounts a small file system for the database and the logs.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.full_house import fill_up
from tests.chaos.small_disk import LimitedFiles, MountedDisk, mounted

MEGABYTES = {"SQLite": 64, "PostgreSQL": 256}  # a new PostgreSQL alone takes 60 to 100


def main(kind: str, events: int, due: int, how: str) -> None:
    """Live, fill the disk, free it, and tell. `how`: "mount" a small disk, or "limit" what processes may write."""
    if how == "limit":
        print(json.dumps(asdict(fill_up(kind, events, due, LimitedFiles()))), flush=True)
        return
    with tempfile.TemporaryDirectory() as folder, mounted(Path(folder), MEGABYTES[kind.partition(",")[0]]):
        tempfile.tempdir = folder
        try:
            print(json.dumps(asdict(fill_up(kind, events, due, MountedDisk(Path(folder))))), flush=True)
        finally:
            tempfile.tempdir = None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
