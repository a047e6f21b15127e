"""The guide for bad days does what it says: every command of it is run, in its order, on a clinic of its own."""

import os
import re
import shutil
from pathlib import Path

from tests.acceptance.forking import Forking

GUIDE = Path(__file__).parents[2] / "docs" / "continuity.md"
LINE = re.compile(r"^\$ (?:BEVAKA_DATA_DIR=(\S+) )?bevaka (.*?)(?:  # status (\d+))?$", re.MULTILINE)


def test_every_command_of_the_guide_ends_as_it_says(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEVAKA_", "LC_"))}
    here = {**kept, "LANG": "en_US.UTF-8", "BEVAKA_KEYRING_FILE": str(tmp_path / "keyring.json")}
    home = {**here, "BEVAKA_DATA_DIR": str(tmp_path / "data")}
    commands = LINE.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(commands) >= 10
    with Forking() as forking:
        for setup in ("keys new", "migrate", "programmes publish aktiv-2023", "units add north North"):
            assert forking.run(setup.split(), home, tmp_path).status == 0
        for folder, command, status in commands:
            environment = {**here, "BEVAKA_DATA_DIR": str(tmp_path / folder)} if folder else home
            done = forking.run(command.split(), environment, tmp_path)
            assert done.status == int(status or 0), f"{command}\n{done.said}"
            assert "Traceback" not in done.said, command


def test_the_key_file_is_no_part_of_a_backup(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEVAKA_", "LC_"))}
    home = {**kept, "BEVAKA_DATA_DIR": str(tmp_path / "data")}
    with Forking() as forking:
        for command in ("keys new", "migrate", "backup a.zip"):
            assert forking.run(command.split(), home, tmp_path).status == 0
    shutil.unpack_archive(tmp_path / "a.zip", tmp_path / "unpacked")
    assert {path.name for path in (tmp_path / "unpacked").rglob("*")} == {"manifest.json", "bevaka.sqlite"}
