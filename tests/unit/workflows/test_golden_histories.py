"""Every kept history of every released version leads to the very case it led to when it was kept (T24)."""

import pytest

from tests.chaos.golden_histories import definitions, kept, outcome


@pytest.mark.parametrize("name", [name for name, _ in definitions()])
def test_kept_histories_lead_to_the_same_cases(name: str) -> None:
    found = next(one for one in kept() if one.name == name)
    assert len(found.histories) >= 6
    assert all(outcome(found.replayed(history)) == history["leads_to"] for history in found.histories)
