"""The engine against a slow second opinion, whatever happens in whatever order, on each database (trust.md T12)."""

import os

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.house import House
from tests.models.machine import Comparison

LIVES, ACTS = (200, 50) if os.environ.get("CI") else (16, 30)


def test_the_engine_and_its_model_never_disagree(house: House) -> None:
    machine = type("ComparisonHere", (Comparison,), {"house": house})
    run_state_machine_as_test(machine, settings=settings(max_examples=LIVES, stateful_step_count=ACTS, deadline=None))
