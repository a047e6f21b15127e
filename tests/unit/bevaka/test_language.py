"""Which language the command line speaks."""

import pytest

from bevaka.language import chosen


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "sv"),
        ([], {"LANG": "C.UTF-8"}, "sv"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_ALL": "sv_SE.UTF-8"}, "sv"),
        (["--language", "en", "cases"], {}, "en"),
        (["--language=sv", "cases"], {"LANG": "en_US.UTF-8"}, "sv"),
        (["--as", "kim@bevaka.example", "--language", "en", "cases"], {}, "en"),
        (["people", "add", "--language", "en"], {}, "sv"),
        (["--language", "de"], {}, "sv"),
        (["--language"], {}, "sv"),
    ],
)
def test_the_option_wins_then_an_english_locale_then_swedish(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert chosen(arguments, environment) == language
