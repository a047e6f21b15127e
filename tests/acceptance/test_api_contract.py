"""The API does what its description says, in every role: called by Schemathesis, with every check it has."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import ROLES, build_house
from tests.served_api import ServedApi, served_api

PROGRAM = Path(sys.executable).parent / "st"
# The description cannot say which answers a definition asks for, nor how a case stands: what is well-formed may be
# refused with these. Everything else that fits the description must be accepted, and what does not must not.
SETTINGS = """
[parameters]
"path.ref" = "{ref}"

[checks.positive_data_acceptance]
expected-statuses = [{expected}]
"""
EXPECTED = ("2xx", "304", "403", "404", "409", "412", "422", "428")
# With these a program shuts itself out: they are called by themselves, and a 401 is then as it should be.
SHUTTING_OUT = ("revoke_token", "set_presence", "revoke_role")


@pytest.fixture
def api(sqlite_url: str) -> Iterator[ServedApi]:
    """The API of a house with cases, behind a port."""
    house = build_house(sqlite_url)
    with served_api(house) as served:
        yield served
    house.engine.database.close()


def called(api: ServedApi, role: str, folder: Path, *wanted: str, which: str = "exclude") -> str:
    """Let Schemathesis call the API; return what it says when something is amiss, "" when nothing is."""
    settings, expected = folder / "schemathesis.toml", (*EXPECTED, "401") if which == "include" else EXPECTED
    listed = ", ".join(f'"{one}"' for one in expected)
    settings.write_text(SETTINGS.format(ref=api.refs[0], expected=listed), encoding="utf-8")
    command = [
        str(PROGRAM),
        "--config-file",
        str(settings),
        "run",
        f"{api.origin}/api/v1/openapi.json",
        "--checks",
        "all",
    ]
    chosen = [part for name in SHUTTING_OUT for part in (f"--{which}-operation-id", name)]
    fixed = [*chosen, "--seed", "1", "--warnings", "off", "--no-shrink"]
    token = ["-H", f"Authorization: Bearer {api.tokens[role]}"]
    done = subprocess.run(
        [*command, *fixed, *token, *wanted], cwd=folder, capture_output=True, text=True, check=False, timeout=1500
    )
    return "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr


def test_every_operation_that_reads_is_as_described(api: ServedApi, tmp_path: Path) -> None:
    assert called(api, "coordinator", tmp_path, "--include-method", "GET", "--phases", "fuzzing", "-n", "1") == ""


@pytest.mark.slow
@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_operation_is_as_described_in_every_role(api: ServedApi, tmp_path: Path, role: str) -> None:
    assert called(api, role, tmp_path, "--phases", "examples,coverage,fuzzing,stateful", "-n", "10") == ""


@pytest.mark.slow
def test_what_shuts_a_program_out_is_as_described_too(api: ServedApi, tmp_path: Path) -> None:
    assert called(api, "admin", tmp_path, "--phases", "coverage,fuzzing", "-n", "20", which="include") == ""
