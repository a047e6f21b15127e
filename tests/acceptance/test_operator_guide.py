"""The operator's guide does what it says: every command of it is run, in its order, in an empty folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def test_every_command_of_the_guide_ends_as_it_says(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "decisions.csv", tmp_path)
    # The guide's commands find the `bevaka` of the environment the tests run in.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BEVAKA_")}
    environment = {**kept, "PATH": path, "BEVAKA_DATA_DIR": str(tmp_path / "data"), "LANG": "en_US.UTF-8"}

    def shell(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    for command, status in commands():
        if "$REF" in command and "REF" not in environment:
            listed = json.loads(shell("bevaka cases list --json").stdout)["cases"]
            environment["REF"] = listed[0]["ref"]
        done = shell(command)
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, command


def test_the_guide_names_every_command() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in ("run", "import", "programmes lint", "cases list", "sweep", "deliver", "ledger", "replay", "doctor"):
        assert f"bevaka {name}" in text
