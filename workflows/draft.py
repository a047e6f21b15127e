"""A definition on its way from data to model: look-ups that report what is wrong instead of raising.

What the schema found unusable is skipped here, but its name still counts as declared: one mistake is one problem.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from workflows.guards import Guard, GuardError, compile_guard
from workflows.marks import Marks, Path
from workflows.model import FactType, FieldType, Text
from workflows.problems import Problem
from workflows.schema import shown
from workflows.suggestions import nearest_first


@dataclass
class Draft:
    """The data of one file, where it stands, and the problems found so far."""

    data: Mapping[str, Any]
    marks: Marks
    broken: frozenset[Path] = frozenset()
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: Path, rule: str, found: str, allowed: str) -> None:
        """Report a problem with the value at `path`."""
        self.problems.append(self.marks.problem(self.marks.value(path), rule, found, allowed))

    def report_key(self, path: Path, rule: str, found: str, allowed: str) -> None:
        """Report a problem with the key at `path`, that is with the thing it names."""
        self.problems.append(self.marks.problem(self.marks.key(path), rule, found, allowed))

    def usable(self, *path: str) -> bool:
        """Return whether the schema found nothing wrong at `path`, inside it, or with the whole around it."""
        return not any(b[: len(path)] == path or path[: len(b)] == b for b in self.broken if b)

    def entries(self, section: str) -> Iterator[tuple[Path, str, dict[str, Any]]]:
        """Yield the usable entries of a section: path, name, data."""
        if (section,) in self.broken:
            return
        for name, entry in self.data.get(section, {}).items():
            if self.usable(section, name):
                yield (section, name), name, entry

    def known(self, section: str) -> Iterable[str] | None:
        """Return the names a section declares; None when that cannot be told."""
        if (section,) in self.broken or (() in self.broken and section not in self.data):
            return None
        return tuple(self.data.get(section, {}))

    def refer(self, path: Path, name: str, section: str, *, as_key: bool = False) -> bool:
        """Return whether `name`, the value (or key) at `path`, is declared in `section`; report it when it is not."""
        known = self.known(section)
        if known is None or name in known:
            return True
        report = self.report_key if as_key else self.report
        report(path, "unknown-name", name, f"the {section}: {nearest_first(name, known)}")
        return False

    def refer_all(self, path: Path, value: Any, section: str) -> tuple[str, ...]:
        """Return the names in a one-or-many value, each of them declared in `section` or reported."""
        names = one_or_many(path, value)
        for where, name in names:
            self.refer(where, name, section)
        return tuple(name for _, name in names)

    def refer_field(self, path: Path, name: str, *types: FieldType) -> None:
        """Report a name at `path` that is no field of one of the types."""
        found = self.type_of("fields", name) if self.refer(path, name, "fields") else None
        if found is not None and found not in {str(t) for t in types}:
            self.report(path, "wrong-field-type", f"{name}, a {found}", " or ".join(f"a {t}" for t in types))

    def type_of(self, section: str, name: str) -> str | None:
        """Return the declared type of a field or fact; None when it is not declared, or its declaration is unusable."""
        if not self.usable(section, name) or name not in self.data.get(section, {}):
            return None
        return str(self.data[section][name]["type"])

    def text(self, value: Mapping[str, str]) -> Text:
        """Return a text; Swedish stands in for missing English."""
        return Text(value["sv"], value.get("en", value["sv"]))

    def day(self, path: Path, value: str) -> date | None:
        """Return the date written at `path`, or report that there is no such day."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.report(path, "bad-date", shown(value), "a date in the calendar")
            return None

    def guard(self, path: Path, source: str | None) -> Guard | None:
        """Return the guard written at `path`, or report what is wrong with it, at the column where it is."""
        if source is None or self.types is None:
            return None
        try:
            return compile_guard(source, self.types, self.choices)
        except GuardError as error:
            mark = self.marks.inside(path, error.column)
            self.problems.append(self.marks.problem(mark, "bad-guard", error.found, error.allowed))
            return None

    @cached_property
    def types(self) -> dict[str, FieldType | FactType] | None:
        """The types guards are checked against; None when a declaration is broken: no guard is to blame for that."""
        if not (self.usable("fields") and self.usable("facts")) or () in self.broken:
            return None
        fields = {name: FieldType(entry["type"]) for _, name, entry in self.entries("fields")}
        return fields | {name: FactType(entry["type"]) for _, name, entry in self.entries("facts")}

    @cached_property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The choices of every choice field."""
        outcomes = tuple(self.data.get("outcomes", {})) if self.usable("outcomes") else ()
        declared = {name: entry.get("choices") for _, name, entry in self.entries("fields")}
        choices = {name: outcomes if c == "outcomes" else tuple(c) for name, c in declared.items() if c}
        return {name: known for name, known in choices.items() if known}


def one_or_many(path: Path, value: Any) -> list[tuple[Path, str]]:
    """Return the values of something written as one or as a list, each with its path."""
    return [((*path, i), item) for i, item in enumerate(value)] if isinstance(value, list) else [(path, value)]
