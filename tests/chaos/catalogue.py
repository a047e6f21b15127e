"""Which trials there are: every module of `tests.chaos.trials` has one, named `TRIAL`."""

import pkgutil
from importlib import import_module

from tests.chaos import trials
from tests.chaos.trial import Trial


def all_trials() -> list[Trial]:
    """Return every trial, in the order of the catalogue."""
    modules = (import_module(f"{trials.__name__}.{found.name}") for found in pkgutil.iter_modules(trials.__path__))
    return sorted((module.TRIAL for module in modules), key=lambda trial: int(trial.number[1:]))
