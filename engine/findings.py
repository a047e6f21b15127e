"""What a check-up says: one finding per thing looked at, and how to mend what is wrong."""

from dataclasses import dataclass
from enum import StrEnum

from workflows.model import Text


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"  # works, but somebody should know
    ERROR = "error"  # somebody may be forgotten, or the system does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: a stable name, such as `smtp` or `roles`.
        health: how it is.
        said: what was found.
        mend: what to do about it; None when nothing is needed.
    """

    check: str
    health: Health
    said: Text
    mend: Text | None = None


def fine(check: str, sv: str, en: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Health.OK, Text(sv, en))


def warning(check: str, said: Text, mend: Text) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(check, Health.WARN, said, mend)


def error(check: str, said: Text, mend: Text) -> Finding:
    """Return a finding that must be mended."""
    return Finding(check, Health.ERROR, said, mend)
