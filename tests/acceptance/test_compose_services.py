"""Each service of docker-compose.yml is started by its own command and settings, on local PostgreSQL and Valkey."""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.embedded import until
from tests.processes import ROOT, Process, Region, region
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import free_port as find_free_port

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
    "services"
]
INTERPOLATED = re.compile(r"\$\{\w+:-([^}]*)\}")
SECRETS = {
    "keyring.json",
    "postgres_password",
    "flower_password",
    "metrics_token",
    "mail_certificate",
    "mail_key",
}


@dataclass
class Composed:
    """What Docker would do with the file, done by hand: names of hosts, folders and ports become local ones."""

    region: Region
    replaced: Mapping[str, str]

    def here(self, text: str) -> str:
        """Return a text of the compose file as it is on this computer."""
        text = INTERPOLATED.sub(lambda found: found[1], text)
        for there, local in self.replaced.items():
            text = text.replace(there, local)
        return text

    def settings(self, name: str) -> dict[str, str]:
        return {key: self.here(value) for key, value in SERVICES[name]["environment"].items()}

    def start(self, name: str) -> Process:
        """Start a service by its own command, with its own settings and no others."""
        return self.region.start(*map(self.here, SERVICES[name]["command"]), **self.settings(name))

    def is_healthy(self, name: str) -> bool:
        """Run the service's own check of its health."""
        _, _, *check = SERVICES[name]["healthcheck"]["test"]
        done = subprocess.run([sys.executable, *map(self.here, check)], capture_output=True, check=False, timeout=30)
        return done.returncode == 0


def make_secrets(folder: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "BEVAKA": str(Path(sys.executable).parent / "bevaka")}
    subprocess.run(["sh", "docs/examples/secrets.sh", str(folder)], cwd=ROOT, env=environment, check=True, timeout=60)


@pytest.fixture
def composed(postgres_server: PostgresServer, redis_url: str, tmp_path: Path) -> Iterator[Composed]:
    make_secrets(tmp_path / "secrets")
    (tmp_path / "secrets" / "keyring.json").rename(tmp_path / "secrets" / "keyring")
    url = postgres_server.create_database()
    web, flower = find_free_port(), find_free_port()
    replaced = {
        "postgresql+psycopg://bevaka@postgres/bevaka": url,
        "redis://redis:6379/0": redis_url,
        "/run/secrets": str(tmp_path / "secrets"),
        "/tmp/alive": str(tmp_path / "alive"),  # noqa: S108 - as it is called in the container
        "0.0.0.0": "127.0.0.1",  # noqa: S104 - the same
        "8420": str(web),
        "5555": str(flower),
    }
    with region(tmp_path, {}) as place:
        yield Composed(place, replaced)
    postgres_server.drop(url)


def test_every_service_of_ours_starts_and_is_healthy(composed: Composed) -> None:
    assert composed.start("migrate").popen.wait(60) == 0
    for name, said in (("web", "web: "), ("worker", "worker: "), ("flower", "flower: ")):
        composed.start(name).has_said(said)
        until(lambda name=name: composed.is_healthy(name), f"{name} healthy", 30)  # type: ignore[misc]
    (Path(composed.replaced["/tmp/alive"])).unlink()  # noqa: S108 - the worker's; the clock has a container of its own
    clocks = [composed.start("clock").has_said("clock: ticking") for _ in range(2)]
    until(lambda: composed.is_healthy("clock"), "clock healthy", 30)
    assert all(clock.popen.poll() is None for clock in clocks)


def test_a_worker_that_is_not_there_is_not_healthy(composed: Composed) -> None:
    assert not composed.is_healthy("worker")


def test_the_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    make_secrets(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first
    assert set(first) == SECRETS
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU
