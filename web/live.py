"""Whether what a page shows has changed: its list of references and sequences is compared with what is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from web.errors import BadAddressError

MOST = 120  # cases on one page


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as a page shows it: its reference and how many events it had."""

    ref: str
    seq: int


def fingerprint_address(shown: Iterable[Shown]) -> str:
    """Return the address that says how many of these cases have changed; "" when a page shows none."""
    seen = sorted({one.ref: one.seq for one in shown}.items())[:MOST]
    return f"/live?seen={quote('~'.join(f'{ref}.{seq}' for ref, seq in seen))}" if seen else ""


def read_shown(text: str) -> Sequence[Shown]:
    """Return what `fingerprint_address` wrote.

    Raises:
        BadAddressError: it is something else.
    """
    parts = [part.partition(".") for part in text.split("~")] if text else []
    if len(parts) > MOST or not all(_is_shown(ref, seq) for ref, _, seq in parts):
        raise BadAddressError("seen", "BV-XXXX-XXXX.n~…")
    return [Shown(ref, int(seq)) for ref, _, seq in parts]


def _is_shown(ref: str, seq: str) -> bool:
    return len(ref) <= 12 and ref.isascii() and 0 < len(seq) <= 9 and seq.isascii() and seq.isdecimal()
