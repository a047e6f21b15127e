"""Text files named at the command line, read whole or refused."""

from pathlib import Path

from workflows.errors import BevakaError

LARGEST = 1024 * 1024


class UnreadableFileError(BevakaError):
    """A file that is not there, may not be read, or is no text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} cannot be read as text (UTF-8)")


def read_text(path: Path) -> str:
    """Return the text of a file, cut off after a megabyte; raises `UnreadableFileError`."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UnreadableFileError(path) from None
