"""Every trial of the catalogue, its short part, as CI runs it."""

import pytest

from tests.chaos.catalogue import all_trials
from tests.chaos.trial import Size, Trial


@pytest.mark.slow
@pytest.mark.parametrize("trial", all_trials(), ids=lambda trial: trial.number)
def test_the_short_part_keeps_every_promise(trial: Trial) -> None:
    finding = trial.run(Size.SHORT)
    broken = [f"{check.promise}: {check.seen}" for check in finding.checks if not check.kept]
    assert not broken, f"{trial.number} {trial.title}: {broken}\n{finding.table}"
