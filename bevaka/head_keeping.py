"""Signed heads leave the house: appended to a file, posted to an address, or both."""

import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx

_LOG = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds; the next head covers what this one did


def keeper(file: Path | None, url: str, cafile: Path | None = None) -> Callable[[str], None]:
    """Return what keeps a head outside.

    Args:
        file: where lines are appended, best on a disk that only takes more; None: nowhere.
        url: an https address that each line is posted to; empty: none.
        cafile: authorities to trust for it instead of the system's own.
    """

    def keep(line: str) -> None:
        if file is not None:
            _quietly(lambda: _append(file, line), "the file of signed heads")
        if url:
            _quietly(lambda: _post(url, cafile, line), "the address of signed heads")

    return keep


def _quietly(keep: Callable[[], None], where: str) -> None:
    """A head that could not be kept is told in the log: the database has it, and the next one covers it."""
    try:
        keep()
    except Exception as error:  # noqa: BLE001 - see above
        _LOG.error("%s was not reached: %s", where, type(error).__name__)


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as kept:
        kept.write(line + "\n")


def _post(url: str, cafile: Path | None, line: str) -> None:
    trusted = ssl.create_default_context(cafile=str(cafile) if cafile else None)
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(url, content=line, headers=headers, timeout=PATIENCE, verify=trusted, follow_redirects=False)
    answer.raise_for_status()
