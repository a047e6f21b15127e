from collections.abc import Iterator
from threading import Event
from time import monotonic

import pytest
from kombu.exceptions import OperationalError

from tasks import nudging
from tasks.app import DELIVER, SWEEP, app
from tasks.nudging import Nudger, call


@pytest.fixture
def nudger() -> Iterator[Nudger]:
    made = Nudger()
    made.start()
    yield made
    made.stop()


def test_a_nudge_calls_the_postman(nudger: Nudger, monkeypatch: pytest.MonkeyPatch) -> None:
    called = Event()
    monkeypatch.setattr(app, "send_task", lambda task: called.set() if task == DELIVER else None)
    nudger.nudge()
    assert called.wait(5)


def test_a_nudge_may_call_several_tasks_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    delivered = Event()

    def take(task: str) -> None:
        called.append(task)
        if task == DELIVER:
            delivered.set()

    monkeypatch.setattr(app, "send_task", take)
    nudger = Nudger(SWEEP, DELIVER)
    nudger.start()
    nudger.nudge()
    assert delivered.wait(5)
    nudger.stop()
    assert called == [SWEEP, DELIVER]


def test_a_broker_that_hangs_holds_up_nobody(nudger: Nudger, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, free = Event(), Event()

    def hang(_task: str) -> None:
        hanging.set()
        free.wait(10)

    monkeypatch.setattr(app, "send_task", hang)
    nudger.nudge()
    assert hanging.wait(5)
    began = monotonic()
    for _ in range(1000):
        nudger.nudge()
    assert monotonic() - began < 1
    free.set()


def test_a_broker_that_is_away_is_no_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def away(_task: str) -> None:
        raise OperationalError("redis://:secret@broker/0")

    monkeypatch.setattr(app, "send_task", away)
    assert not call(DELIVER)
    assert "OperationalError" in caplog.text
    assert "secret" not in caplog.text


def test_a_nudge_after_a_broken_one_is_passed_on(nudger: Nudger, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bool] = []
    broken, passed = Event(), Event()

    def first_fails(_task: str) -> bool:
        calls.append(True)
        (passed if len(calls) > 1 else broken).set()
        return len(calls) > 1

    monkeypatch.setattr(nudging, "call", first_fails)
    nudger.nudge()
    assert broken.wait(5)
    nudger.nudge()
    assert passed.wait(5)
