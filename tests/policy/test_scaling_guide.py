"""docs/scaling.md tells of commands, settings and figures that there are."""

import re
import shlex
from pathlib import Path

import pytest

from config.settings import Settings
from tests.policy.test_alerts import FIGURES
from tests.policy.test_compose import parsed

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ bevaka (.+)$", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_our_command_line_understands_every_command(command: str) -> None:
    parsed(shlex.split(command))


def test_every_setting_is_one_of_ours() -> None:
    named = {name.lower() for name in re.findall(r"BEVAKA_([A-Z_]+)", GUIDE)}
    assert named <= set(Settings.model_fields)


def test_every_figure_is_told_and_no_other() -> None:
    assert set(re.findall(r"bevaka_\w+", GUIDE)) == set(FIGURES)
