"""Turns YAML text into plain data that remembers where everything stands.

Only what JSON can say is let in: no anchors, aliases, tags, merge keys or second documents, and no YAML 1.1 surprises
(`no` and `on` are words, `08:00` is a text, a date is a text until the language reads it as one).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from workflows.problems import Mark, Problem

MAX_CHARACTERS: Final = 200_000
MAX_DEPTH: Final = 12

Data = dict[str, "Data"] | list["Data"] | str | int | bool | None
Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,11})")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN_TAGS: Final = frozenset({None, "!"})
_NO_FEATURES: Final = "plain mappings, lists and values"


@dataclass(slots=True)
class Marks:
    """Where the values and the keys of a definition stand, by their path."""

    file: str
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    quoted: set[Path] = field(default_factory=set)

    def value(self, path: Path) -> Mark:
        """Return where the value at `path` begins, or the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Mark(1, 1))

    def key(self, path: Path) -> Mark:
        """Return where the key at `path` begins; an element of a list has no key, so where it begins itself."""
        return self.keys[path] if path in self.keys else self.value(path)

    def inside(self, path: Path, column: int) -> Mark:
        """Return where character number `column` (from 1) of the one-line text at `path` stands."""
        mark = self.value(path)
        return Mark(mark.line, mark.column + column - 1 + (path in self.quoted))

    def problem(self, mark: Mark, rule: str, found: str, allowed: str) -> Problem:
        """Describe a problem at `mark` in this file."""
        return Problem(self.file, mark.line, mark.column, rule, found, allowed)


def read_marked(text: str, file: str) -> tuple[Data, Marks, list[Problem]]:
    """Read YAML into data, the marks of it, and what is wrong with it as YAML.

    The data is what could be read, and complete if there are no problems.
    """
    composer = _Composer(Marks(file))
    if len(text) > MAX_CHARACTERS:
        found = f"{len(text)} characters"
        return (
            None,
            composer.marks,
            [composer.marks.problem(Mark(1, 1), "too-large", found, f"at most {MAX_CHARACTERS}")],
        )
    data: Data = None
    try:
        data = composer.document(yaml.parse(text, Loader=yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
        composer.report(mark, "syntax", error.problem or "something unreadable", "YAML 1.2, two spaces per level")
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        composer.report(mark, "syntax", "a control character", "printable text")
    except _TooDeepError as error:
        composer.report(error.mark, "too-large", "a deeper nesting", f"at most {MAX_DEPTH} levels")
    return data, composer.marks, composer.problems


class _TooDeepError(Exception):
    def __init__(self, mark: Mark) -> None:
        self.mark = mark


@dataclass(slots=True)
class _Composer:
    """Builds data from the events of the YAML parser."""

    marks: Marks
    problems: list[Problem] = field(default_factory=list)

    def report(self, mark: Mark, rule: str, found: str, allowed: str) -> None:
        self.problems.append(self.marks.problem(mark, rule, found, allowed))

    def document(self, events: Iterator[yaml.Event]) -> Data:
        data: Data = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report(_mark(event), "yaml-feature", "a second document", "one document")
            elif isinstance(event, yaml.NodeEvent):
                value = self.node(event, events, () if documents == 1 else ("second document",))
                data = value if documents == 1 else data
        return data

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> Data:
        mark = _mark(event)
        self.marks.values[path] = mark
        if len(path) > MAX_DEPTH:
            raise _TooDeepError(mark)
        self.refuse_features(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        return None

    def refuse_features(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.report(_mark(event), "yaml-feature", f"the alias *{event.anchor}", _NO_FEATURES)
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            self.report(_mark(event), "yaml-feature", f"the anchor &{event.anchor}", _NO_FEATURES)
        elif getattr(event, "tag", None) not in _PLAIN_TAGS:
            self.report(_mark(event), "yaml-feature", "a tag", _NO_FEATURES)

    def refuse_control_characters(self, event: yaml.ScalarEvent) -> None:
        # schema patterns end with $, which lets a last line break pass
        if any(unicodedata.category(character) == "Cc" for character in event.value):
            found = "a line break or another control character"
            self.report(_mark(event), "control-character", found, "one line of printable text")

    def mapping(self, events: Iterator[yaml.Event], path: Path) -> Data:
        found: dict[str, Data] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(event, events, path)
            value_path = (*path, key)
            repeated = key in found
            if repeated:
                line = self.marks.keys[value_path].line
                self.report(_mark(event), "duplicate-key", f"{key} again, as in line {line}", "each key once")
                value_path = (*path, f"{key} again")
            self.marks.keys.setdefault(value_path, _mark(event))
            value = self.node(next(events), events, value_path)
            if not repeated:
                found[key] = value
        return found

    def key(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent) and not event.anchor:
            if event.value == "<<" and event.style is None:
                self.report(_mark(event), "yaml-feature", "the merge key <<", _NO_FEATURES)
            self.refuse_control_characters(event)
            return event.value
        self.report(_mark(event), "yaml-feature", "a key that is no plain word", "words as keys")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        marks, self.marks = self.marks, Marks(self.marks.file)
        if not isinstance(event, yaml.AliasEvent):
            self.node(event, events, path)
        self.marks = marks
        return "?"

    def sequence(self, events: Iterator[yaml.Event], path: Path) -> Data:
        found: list[Data] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self.node(event, events, (*path, len(found))))
        return found

    def scalar(self, event: yaml.ScalarEvent, path: Path) -> Data:
        self.refuse_control_characters(event)
        if event.style is not None:
            self.marks.quoted.add(path)
            return event.value
        if event.value in _WORDS:
            return _WORDS[event.value]
        return int(event.value) if _INTEGER.fullmatch(event.value) else event.value


def _mark(event: yaml.Event) -> Mark:
    place = event.start_mark
    return Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
