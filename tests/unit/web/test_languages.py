"""The language: the cookie before the browser's wish, Swedish when neither says anything we speak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.languages import language_of


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, "sv"),
        ("en", "sv-SE", "en"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de-DE, en;q=0.7, sv;q=0.8", "sv"),
        (None, "de,fr;q=0.5", "sv"),
        (None, "en;q=0", "sv"),
        (None, "en;q=often", "sv"),
        ("<script>", "en", "en"),
    ],
)
def test_the_language_of_a_visit(cookie: str | None, accepted: str | None, language: str) -> None:
    assert language_of(cookie, accepted) == language


@given(st.text(), st.text())
def test_whatever_the_headers_hold_there_is_a_language(cookie: str, accepted: str) -> None:
    assert language_of(cookie, accepted) in ("sv", "en")
