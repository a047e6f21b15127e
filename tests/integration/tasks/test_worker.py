"""The worker in the process: it takes what is called, on the in-memory transport, and stops at once."""

from collections.abc import Iterator
from inspect import signature
from time import monotonic

import pytest

from tasks.app import SWEEP, app, use_memory
from tasks.embedded import EmbeddedWorker
from tasks.nudging import call
from tasks.provided import provide, withdraw
from tests.embedded import until
from tests.house import House, moment


@pytest.fixture
def worker(sqlite_house: House) -> Iterator[EmbeddedWorker]:
    use_memory()
    provide(sqlite_house.engine, lambda: moment("2024-02-15"))
    made = EmbeddedWorker()
    made.start()
    yield made
    made.stop()
    withdraw()


@pytest.mark.filterwarnings("ignore::celery.platforms.SecurityWarning")
def test_a_call_leads_to_a_sweep(sqlite_house: House, worker: EmbeddedWorker) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    assert call(SWEEP)
    until(lambda: bool(sqlite_house.ledger(ref)), "an entry in the ledger", 10)


def test_it_stops_within_a_second_and_starts_again(sqlite_house: House, worker: EmbeddedWorker) -> None:
    began = monotonic()
    assert worker.stop()
    assert monotonic() - began < 1.5
    worker.start()
    ref = sqlite_house.open_case("2024-01-31")
    call(SWEEP)
    until(lambda: bool(sqlite_house.ledger(ref)), "an entry in the ledger", 10)


def test_messages_are_json_and_carry_nothing() -> None:
    app.loader.import_default_modules()
    assert app.conf.accept_content == ["json"]
    ours = {name: task for name, task in app.tasks.items() if name.startswith("bevaka.")}
    assert len(ours) == 6
    assert all(not signature(task.run).parameters for task in ours.values())
