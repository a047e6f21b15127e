from pathlib import Path

import pytest

from bevaka.demo_journeys import read_span
from bevaka.locking import AlreadyRunningError, is_running, locked
from bevaka.start_errors import SpanError


@pytest.mark.parametrize(
    ("text", "said"), [("40d", "40 days"), ("2w", "2 weeks"), ("6m", "6 months"), ("1y", "1 year")]
)
def test_a_span_is_a_number_and_a_unit(text: str, said: str) -> None:
    assert str(read_span(text)) == said


@pytest.mark.parametrize("text", ["", "d", "40", "0d", "-3d", "1.5y", "40 d", "٣d", "99999d", "11y", "4h", "1d2w"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SpanError, match="40d, 6m, 1y"):
        read_span(text)


def test_a_folder_is_locked_once(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(AlreadyRunningError) as refused, locked(tmp_path):
            pass
        assert refused.value.folder == tmp_path
    assert not is_running(tmp_path)


def test_nobody_runs_on_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "nothing")
