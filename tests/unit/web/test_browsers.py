"""One knows one's own sessions by the family of the browser; nothing more of it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.browsers import browser_of


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari"),
        ("curl/8", ""),
    ],
)
def test_browsers_are_known_by_their_family(agent: str, family: str) -> None:
    assert browser_of(agent) == family


@given(st.text())
def test_whatever_a_header_says_only_a_family_is_kept(agent: str) -> None:
    assert browser_of(agent) in {"Edge", "Opera", "Firefox", "Chrome", "Safari", ""}
