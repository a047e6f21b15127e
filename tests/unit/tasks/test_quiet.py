"""What a failed task tells Flower: the kind of its error, never its words."""

from collections.abc import Iterator

import pytest

from tasks.app import app
from tasks.provided import withdraw
from tasks.quiet import TaskFailedError
from tasks.sweeping import sweep_due


@pytest.fixture
def failing() -> Iterator[str]:
    @app.task(name="bevaka.prov")
    def fail() -> None:
        raise ValueError("20010101-2384 Prov Testperson")

    yield "bevaka.prov"
    del app.tasks["bevaka.prov"]


def test_the_words_of_an_error_do_not_leave_the_task(failing: str) -> None:
    with pytest.raises(TaskFailedError) as failed:
        app.tasks[failing]()
    assert str(failed.value) == "ValueError"
    assert failed.value.__suppress_context__


def test_nor_do_they_through_celery(failing: str) -> None:
    ended = app.tasks[failing].apply(throw=False)
    assert "Testperson" not in f"{ended.result} {ended.traceback}"
    assert "ValueError" in f"{ended.result}"


def test_a_task_of_ours_fails_quietly_too() -> None:
    withdraw()
    with pytest.raises(TaskFailedError, match="NothingProvidedError"):
        sweep_due()
