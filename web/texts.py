"""Every text of the pages, in both languages, from one catalogue: the files `texts*.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from web.languages import Language
from workflows.model import Text


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return the texts by key and language."""
    texts: dict[str, Mapping[str, str]] = {}
    for file in sorted(resources.files("web").iterdir(), key=lambda file: file.name):
        if file.name.startswith("texts") and file.name.endswith(".yaml"):
            texts |= yaml.safe_load(file.read_text(encoding="utf-8"))
    return texts


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language. An unknown key is a programmer's error and raises `KeyError`."""

    language: Language

    def __call__(self, key: str, **facts: object) -> str:
        """Return a text with its facts filled in."""
        text = catalogue()[key][self.language]
        return text.format(**facts) if facts else text

    def count(self, key: str, number: int, **facts: object) -> str:
        """Return the text for a number of things: `key.one` or `key.many`."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", n=self.number(number), **facts)

    def has(self, key: str) -> bool:
        """Say whether there is a text for a key that comes from outside."""
        return key in catalogue()

    def named(self, group: str, name: str | None) -> str:
        """Return the text of a controlled word of the engine (`outcome`, `reason` …); the word itself if it is new."""
        key = f"{group}.{name}"
        return self(key) if name and self.has(key) else (name or "")

    def of(self, text: Text) -> str:
        """Return a text of a definition."""
        return text.in_language(self.language)

    def number(self, number: int) -> str:
        """Return a whole number with the language's separator of thousands."""
        separator = "\N{NO-BREAK SPACE}" if self.language == "sv" else ","
        return f"{number:,}".replace(",", separator)
