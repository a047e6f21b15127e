"""The rules of the house that no linter knows: sizes, names, and what the ground floor may import."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bevaka.guard import FLAT_PACKAGES

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bevaka", *FLAT_PACKAGES)
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "lib"}
# What the floor that only decides may know of the standard library: no clock, file, socket, thread or environment.
PURE = {
    "__future__",
    "ast",
    "bisect",
    "calendar",
    "collections",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "html",
    "importlib",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "textwrap",
    "types",
    "typing",
    "unicodedata",
    "zoneinfo",
}


def sources() -> list[Path]:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in files if "versions" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_no_file_outgrows_the_house(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_no_function_outgrows_the_house(path: Path) -> None:
    assert [f"{name} ({lines})" for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_names_tell_a_job(path: Path) -> None:
    assert not BANNED_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").rglob("*.py")), ids=name_of)
def test_the_ground_floor_is_pure(path: Path) -> None:
    standard = {name for name in imported(path) if name in sys.stdlib_module_names}
    assert standard <= PURE


def test_every_package_is_under_contract() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    roots = text.split("root_packages = [", 1)[1].split("]", 1)[0]
    assert {name.strip(' "') for name in roots.split(",")} == set(PACKAGES)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield node.name, node.end_lineno - node.lineno + 1


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
