"""The operator's guide does what it says: every command of it is run, in its order, in an empty folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.forking import Forking

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "operator.md"
STATUS = re.compile(r"  # status (\d+)\Z")


def commands() -> list[tuple[str, int]]:
    """Return each command of the guide and the status it is said to end with."""
    blocks = re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    found = []
    for line in lines:
        status = STATUS.search(line)
        found.append((STATUS.sub("", line), int(status[1]) if status else 0))
    return found


def in_shell(command: str, environment: dict[str, str], folder: Path) -> tuple[int, str]:
    """Run a command with a pipe in it as the reader would."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_every_command_of_the_guide_ends_as_it_says(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "decisions.csv", tmp_path)
    # The guide's commands find the `bevaka` of the environment the tests run in.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEVAKA_", "LC_"))}
    environment = {**kept, "PATH": path, "BEVAKA_DATA_DIR": str(tmp_path / "data"), "LANG": "en_US.UTF-8"}
    ref = ""
    with Forking() as forking:
        for command, status in commands():
            if "$REF" in command and not ref:
                listed = forking.run(["cases", "list", "--json"], environment, tmp_path).data
                ref = listed["cases"][0]["ref"]
            words = shlex.split(command.replace("$REF", ref))
            if "|" in words:
                ended, said = in_shell(command, environment, tmp_path)
            else:
                done = forking.run(words[1:], environment, tmp_path)
                ended, said = done.status, done.said
            assert ended == status, f"{command}\n{said}"
            assert "Traceback" not in said, command


def test_the_guide_names_every_command() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in ("run", "import", "programmes lint", "cases list", "sweep", "deliver", "ledger", "replay", "doctor"):
        assert f"bevaka {name}" in text
