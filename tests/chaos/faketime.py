"""Processes whose computer has a wrong clock: libfaketime (`apt-get install faketime`) and a file that sets it."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

PLACES = (
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/opt/homebrew/lib/faketime").glob("libfaketimeMT.1.dylib"),
)
MISSING = "libfaketime is not on this machine (apt-get install faketime): nobody's clock can be set wrong"


class FaketimeMissing(RuntimeError):  # noqa: N818
    """There is no libfaketime here. In CI that is a failure; elsewhere the trial is left out."""

    def __init__(self) -> None:
        super().__init__(MISSING)


@dataclass(frozen=True, slots=True)
class Computer:
    """One whose clock can be set while its processes run. `file` tells them how far from the real time it is."""

    file: Path

    def set(self, ahead: timedelta) -> "Computer":
        """Set its clock so far ahead of the real time (or behind it)."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{ahead.total_seconds():+.3f}\n", encoding="ascii")
        fresh.replace(self.file)  # at once: nobody reads half a number
        return self

    @property
    def settings(self) -> dict[str, str]:
        """What to put into the environment of a process so that it runs on this computer.

        Raises:
            FaketimeMissing: there is no libfaketime.
        """
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
        }


def library() -> Path:
    """Return where libfaketime is; raises `FaketimeMissing`."""
    found = next((place for place in PLACES if place.exists()), None)
    if found is None:
        raise FaketimeMissing
    return found


def must_be_there() -> bool:
    """Say whether this is CI, where nothing is left out."""
    return os.environ.get("CI") == "true"
