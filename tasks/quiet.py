"""A task that fails says what kind of error it was, never its words: they may quote data, and Flower shows them."""

from typing import Any

import structlog
from celery import Task

log = structlog.get_logger(__name__)


class TaskFailedError(RuntimeError):
    """A task ended with an error. The log of the worker says where."""

    def __init__(self, error: str) -> None:
        super().__init__(error)


class QuietTask(Task):  # type: ignore[type-arg]
    """The base of all tasks."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; raises `TaskFailedError` in place of whatever it raised."""
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            log.exception("task_failed", task=self.name)
            raise TaskFailedError(type(error).__name__) from None
