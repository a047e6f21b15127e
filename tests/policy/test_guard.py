"""A stranger's package of our name stops the start with a clear word, instead of mixing with ours."""

from pathlib import Path

import pytest

from bevaka.guard import ForeignPackageError, refuse_foreign_packages


def test_our_own_packages_are_accepted() -> None:
    refuse_foreign_packages()


def test_packages_from_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignPackageError, match="another distribution ships a package of that name") as refused:
        refuse_foreign_packages(tmp_path)
    assert refused.value.package == "access"
