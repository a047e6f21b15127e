"""Says what would have been allowed, the nearest first."""

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 8


def nearest_first(found: str, options: Iterable[str]) -> str:
    """List the allowed words, those most like `found` first, cut after eight."""
    known = sorted(options)
    near = get_close_matches(found, known, n=3, cutoff=0.6)
    ordered = near + [word for word in known if word not in near]
    if not ordered:
        return "none are declared"
    rest = len(ordered) - _SHOWN
    return ", ".join(ordered[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
