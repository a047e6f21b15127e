"""Refuse to start when another distribution's package shadows one of ours.

`workflows`, `config` and `notifications` are names that strangers on the package index install too; without this guard
Python silently mixes their modules with ours (facts/style.md §2).
"""

import importlib.util
from pathlib import Path

FLAT_PACKAGES = (
    "access",
    "config",
    "demo",
    "engine",
    "intake",
    "notifications",
    "reports",
    "storage",
    "tasks",
    "web",
    "workflows",
)


class ForeignPackageError(ImportError):
    """One of Bevaka's packages resolves to a directory that is not Bevaka's."""

    def __init__(self, package: str, found: str) -> None:
        self.package = package
        self.found = found
        super().__init__(
            f"'{package}' resolves to {found}: another distribution ships a package of that name. "
            "Uninstall it, or run Bevaka in an environment of its own."
        )


def refuse_foreign_packages(house: Path | None = None) -> None:
    """Check that every flat package lies beside this one.

    Args:
        house: the folder that must hold the packages; the folder above this package when not given.

    Raises:
        ForeignPackageError: a package is missing or comes from elsewhere.
    """
    root = (house or Path(__file__).resolve().parent.parent).resolve()
    for package in FLAT_PACKAGES:
        spec = importlib.util.find_spec(package)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent != root / package:
            raise ForeignPackageError(package, str(origin.parent) if origin else "nothing")
