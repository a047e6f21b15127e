"""Flower on real workers, behind its password and a path; and on the worker of the embedded run."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import ScaledOut
from tests.embedded import running, until

PASSWORD = "prov-flower"  # noqa: S105 - of this test alone
TASKS = {"bevaka.sweep", "bevaka.deliver", "bevaka.digests", "bevaka.housekeeping", "bevaka.audit"}


@pytest.fixture
def flower(scaled: ScaledOut, free_port: int, tmp_path: Path) -> Iterator[httpx.Client]:
    """Flower under /flower, its password in a file."""
    secret = tmp_path / "flower_password"
    secret.write_text(PASSWORD + "\n")
    options = ["--port", str(free_port), "--url-prefix", "flower"]
    started = scaled.region.start("flower", *options, BEVAKA_FLOWER_PASSWORD_FILE=str(secret))
    started.has_said("flower: http")
    with httpx.Client(base_url=f"http://127.0.0.1:{free_port}/flower", auth=("bevaka", PASSWORD), timeout=20) as client:
        yield client
    assert started.stop() == 0


def online(flower: httpx.Client) -> dict[str, float]:
    """Return which workers Flower's figures call online (1) and offline (0)."""
    found = re.findall(r'flower_worker_online\{worker="([^"]+)"\} (\S+)', flower.get("/metrics").text)
    return {name.partition("@")[0]: float(value) for name, value in found}


def done(flower: httpx.Client) -> set[str]:
    """Return the names of the tasks that Flower has seen succeed."""
    seen = flower.get("/api/tasks").json().values()
    return {task["name"] for task in seen if task["state"] == "SUCCESS"}


def test_flower_shows_workers_and_tasks_and_a_killed_worker_as_offline(scaled: ScaledOut, flower: httpx.Client) -> None:
    killed = scaled.region.worker(name="one")
    scaled.region.worker(name="two")
    scaled.region.clock()
    until(lambda: online(flower) == {"one": 1.0, "two": 1.0}, "two workers online", 40)
    until(lambda: done(flower) == TASKS, "every task by its name", 40)
    tasks = flower.get("/api/tasks").json().values()
    assert {(task["args"], task["kwargs"]) for task in tasks} == {("()", "{}")}

    killed.kill()
    until(lambda: online(flower) == {"one": 0.0, "two": 1.0}, "the killed worker offline", 60)
    scaled.open_due(5)
    scaled.arrive(5)


def succeeded(flower: httpx.Client, task: str) -> dict[str, float]:
    """Return how many tasks of a name each worker has ended well, by the figures for Prometheus."""
    figures = flower.get("/metrics").text
    line = re.compile(r"^flower_events_total\{([^}]*)\} (\S+)$", re.MULTILINE)
    labelled = [(dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)) for labels, value in line.findall(figures)]
    return {
        labels["worker"].partition("@")[0]: value
        for labels, value in labelled
        if (labels["task"], labels["type"]) == (task, "task-succeeded")
    }


@pytest.mark.slow
def test_what_a_killed_worker_had_in_hand_is_done_by_another_and_flower_tells(
    scaled: ScaledOut, flower: httpx.Client
) -> None:
    scaled.open_due(5)
    with scaled.held("ledger") as somebody_waits:
        killed = scaled.region.worker(name="one")
        scaled.region.clock()
        until(somebody_waits, "the first worker to be in the middle of a sweep", 40)
        until(lambda: online(flower) == {"one": 1.0}, "one worker online", 40)
        killed.kill()
        scaled.region.worker(name="two")
    scaled.arrive(5)
    until(scaled.nothing_waits, "everything accounted for", 40)
    until(lambda: online(flower) == {"one": 0.0, "two": 1.0}, "the killed worker offline", 60)
    until(lambda: succeeded(flower, "bevaka.sweep").get("two", 0) > 0, "sweeps of the other worker", 40)
    assert succeeded(flower, "bevaka.sweep").get("one", 0) == 0
    assert scaled.arrived == 5


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/workers", "/tasks", "/api/tasks"])
def test_nothing_is_shown_without_the_password(flower: httpx.Client, path: str) -> None:
    assert httpx.get(f"{flower.base_url}{path.lstrip('/')}").status_code == 401
    assert httpx.get(f"{flower.base_url}{path.lstrip('/')}", auth=("bevaka", "wrong")).status_code == 401
    assert flower.get(path).status_code == 200


@pytest.mark.slow
def test_nobody_stops_a_worker_from_flower(scaled: ScaledOut, flower: httpx.Client) -> None:
    worker = scaled.region.worker(name="one")
    until(lambda: online(flower) == {"one": 1.0}, "a worker online", 40)
    name = next(iter(flower.get("/api/workers").json()), f"one@{os.uname().nodename}")
    assert flower.post(f"/api/worker/shutdown/{name}").status_code == 403
    assert worker.popen.poll() is None


@pytest.mark.slow
def test_the_embedded_run_shows_flower_too(tmp_path: Path) -> None:
    with running(tmp_path, "--demo", "--port", "0", "--flower", "--flower-port", "0") as demo:
        assert demo.process.stdout is not None
        said = demo.process.stdout.readline()
        found = re.search(r"Flower: (\S+) \(bevaka / (\S+)\)", said)
        assert found is not None, said
        assert httpx.get(f"{found[1]}/metrics").status_code == 401
        with httpx.Client(base_url=found[1], auth=("bevaka", found[2])) as client:
            until(lambda: list(online(client).values()) == [1.0], "the worker online", 30)
            until(lambda: "bevaka.sweep" in done(client), "a sweep", 30)
        assert demo.end(signal.SIGTERM) < 10
        assert demo.process.returncode == 0
