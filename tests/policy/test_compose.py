"""What docker-compose.yml and the Dockerfile promise, read from them: no engine is needed to hold them to it."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bevaka.__main__ import build
from bevaka.guard import FLAT_PACKAGES
from config.settings import Settings
from tasks.app import QUEUES, TIME_LIMIT

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
KNOWN = {f"BEVAKA_{name.upper()}" for name in Settings.model_fields}

every_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_of_ours = pytest.mark.parametrize("name", OURS)


def parsed(command: list[str]) -> dict[str, Any]:
    """Return the options of a command as our command line reads them; raises what it would refuse with."""
    group = typer.main.get_command(build(command))
    assert hasattr(group, "get_command")
    context = group.make_context("bevaka", list(command))
    found = group.get_command(context, command[0])
    parameters: dict[str, Any] = found.make_context(command[0], list(command[1:]), parent=context).params
    return parameters


def test_these_are_the_services() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "clock", "flower", "postgres", "redis", "mail"}
    assert OURS == ["clock", "flower", "migrate", "web", "worker"]


@each_of_ours
def test_our_command_line_understands_the_command(name: str) -> None:
    parsed(SERVICES[name]["command"])


def test_a_command_that_it_does_not_understand_is_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["clock", "--slowly"])


@each_of_ours
def test_every_setting_is_one_of_ours(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= KNOWN


def test_every_queue_has_a_worker() -> None:
    taken = [parsed(SERVICES[name]["command"])["queues"] for name in OURS if SERVICES[name]["command"][0] == "worker"]
    assert {queue for queues in taken for queue in queues.split(",")} == set(QUEUES.values())


def test_there_are_two_clocks_and_two_workers() -> None:
    assert [SERVICES[name]["deploy"]["replicas"] for name in ("clock", "worker")] == [2, 2]


@every_service
def test_an_image_of_others_is_named_by_its_digest(name: str) -> None:
    assert name in OURS or DIGEST.search(SERVICES[name]["image"])


@every_service
def test_nobody_is_root(name: str) -> None:
    user = SERVICES[name]["user"] if name not in OURS else re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)[-1]
    assert int(user.partition(":")[0]) > 0


@every_service
def test_the_file_system_is_read_only_and_rights_are_dropped(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@every_service
def test_memory_processors_and_processes_are_limited(name: str) -> None:
    assert {"mem_limit", "cpus", "pids_limit"} <= set(SERVICES[name])


@every_service
def test_health_is_looked_at(name: str) -> None:
    assert SERVICES[name]["healthcheck"].get("test") or name == "migrate"


@each_of_ours
def test_a_check_of_health_is_a_program_that_compiles(name: str) -> None:
    words = SERVICES[name]["healthcheck"].get("test", ["CMD", "python", "-c", ""])
    assert words[:3] == ["CMD", "python", "-c"]
    compile(words[3], name, "exec")


@pytest.mark.parametrize("name", ["worker", "clock"])
def test_the_file_that_says_alive_is_the_one_that_is_looked_at(name: str) -> None:
    file = str(parsed(SERVICES[name]["command"])["alive"])
    assert file in SERVICES[name]["healthcheck"]["test"][3]
    assert file.startswith(tuple(SERVICES[name]["tmpfs"]))


@every_service
def test_ports_are_open_to_this_computer_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_database_and_the_broker_are_reached_from_inside_alone() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [SERVICES[name]["networks"] for name in ("postgres", "redis")] == [["inside"], ["inside"]]


@every_service
def test_secrets_come_from_files_that_the_service_is_given(name: str) -> None:
    given = set(SERVICES[name].get("secrets", []))
    assert given <= set(COMPOSE["secrets"])
    text = " ".join(str(value) for value in SERVICES[name].get("environment", {}).values())
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == given


def test_flower_has_neither_the_keys_nor_the_database() -> None:
    assert SERVICES["flower"]["secrets"] == ["flower_password"]


@each_of_ours
def test_a_warm_stop_has_time_for_the_longest_task(name: str) -> None:
    minutes = re.fullmatch(r"(\d+)m", SERVICES[name]["stop_grace_period"])
    assert minutes is not None
    assert int(minutes[1]) * 60 > TIME_LIMIT


def test_the_image_is_built_from_images_by_digest_and_holds_every_package() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(DIGEST.search(base) for base in bases)
    assert set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE)) == {"bevaka", *FLAT_PACKAGES}
