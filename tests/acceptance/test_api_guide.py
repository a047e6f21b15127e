"""The guide to the API does what it says: every command of it is run, in its order, against a running API."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from notifications.channels.webhooks import HookChannel, HookSettings
from tests.house import House, build_house
from tests.served_api import ServedApi, served_api

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "api.md"
STATUS = re.compile(r"  # (\d{3})\Z")
HOOK = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Running:
    """The API, and the case the guide speaks of."""

    api: ServedApi
    ref: str
    etag: str


@pytest.fixture
def running(sqlite_url: str) -> Iterator[Running]:
    """A house whose API is served, with one case that is as it was opened."""
    built: House = build_house(sqlite_url)
    house = replace(built, engine=replace(built.engine, hooks=HookChannel(HookSettings(frozenset({HOOK})))))
    with served_api(house) as api:
        ref = api.refs[1]
        headers = {"Authorization": f"Bearer {api.tokens['coordinator']}"}
        etag = httpx.get(f"{api.origin}/api/v1/cases/{ref}", headers=headers).headers["etag"]
        yield Running(api, ref, etag)
    house.engine.database.close()


def commands() -> list[tuple[str, str]]:
    """Return each command of the guide, and the HTTP status it says it prints ("" where it must succeed)."""
    blocks = re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [(STATUS.sub("", line), found[1] if (found := STATUS.search(line)) else "") for line in lines]


def test_every_command_of_the_guide_ends_as_it_says(running: Running, tmp_path: Path) -> None:
    (tmp_path / "decisions.csv").write_bytes((ROOT / "docs" / "examples" / "decisions.csv").read_bytes())
    known = {
        "API": f"{running.api.origin}/api/v1",
        "TOKEN": running.api.tokens["coordinator"],
        "RUN_TOKEN": running.api.tokens["admin"],
        "REF": running.ref,
        "ETAG": running.etag,
        "HOOK": f"{HOOK}/events",
    }
    for command, status in commands():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert not status or done.stdout == status, f"{command}\n{done.stdout}"


def test_the_description_that_is_kept_is_the_running_one_s(running: Running) -> None:
    """Write it anew with: BEVAKA_WRITE_OPENAPI=1 pytest tests/acceptance/test_api_guide.py"""
    served = httpx.get(f"{running.api.origin}/api/v1/openapi.json").json()
    kept = ROOT / "docs" / "openapi.json"
    written = json.dumps(served, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("BEVAKA_WRITE_OPENAPI"):
        kept.write_text(written, encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == written


def test_the_guide_and_the_description_name_the_same_scopes_and_addresses() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    spec = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    for path in re.findall(r"\$API(/[a-z/]+)", text):
        assert any(known.startswith(f"/api/v1{path.rstrip('/')}") for known in spec["paths"]), path
