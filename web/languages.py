"""The language of a visit: chosen by cookie, else what the browser prefers, else Swedish."""

from typing import Literal

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
COOKIE = "bevaka_language"


def language_of(cookie: str | None, accepted: str | None) -> Language:
    """Return the language for a cookie's value and an Accept-Language header; whatever they hold."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    return _preferred(accepted or "")


def _preferred(accepted: str) -> Language:
    wanted = sorted((_weighed(part) for part in accepted.split(",")[:20]), key=lambda pair: -pair[0])
    for weight, name in wanted:
        for language in LANGUAGES:
            if weight > 0 and name == language:
                return language
    return "sv"


def _weighed(part: str) -> tuple[float, str]:
    name, _, quality = part.partition(";")
    try:
        weight = float(quality.strip().removeprefix("q=")) if quality.strip() else 1.0
    except ValueError:
        weight = 0.0
    return weight, name.strip().lower().partition("-")[0]
