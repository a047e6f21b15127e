"""The guard language: small, typed and total. A guard that compiled never raises, whatever the case knows.

A guard is a condition over the fields and facts of a case, as in

    consent.region_to_fk and (meetings_held >= 1 or outcome in ['work', 'studies']) and today < benefit_until

A missing value makes a comparison false, a flag false and a count 0. An instant compared with a date is read as
its date in Stockholm. Why not a library: docs/adr/0004-guards.md.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from workflows.dates import STOCKHOLM
from workflows.guard_syntax import Among, Both, Compare, Constant, GuardError, Name, Node, Not, parse_guard
from workflows.suggestions import nearest_first

if TYPE_CHECKING:  # the model holds guards, so it cannot be imported here when the program runs
    from workflows.model import FactType, FieldType

__all__ = ["TODAY", "Failure", "Guard", "GuardError", "Value", "compile_guard"]

Value = date | datetime | str | int | bool | None

TODAY = "today"
"""The built-in name of the date in Stockholm, for which `values` must hold a date."""

_Read = Callable[[Mapping[str, Value]], Any]
_Test = Callable[[Mapping[str, Value]], bool]

# What a declared type is to the language, and what it is when it is missing or of another type than declared.
_KINDS: dict[str, tuple[str, Any]] = {
    "date": ("date", None),
    "datetime": ("instant", None),
    "text": ("text", None),
    "choice": ("text", None),
    "integer": ("number", None),
    "boolean": ("flag", None),
    "flag": ("flag", False),
    "count": ("number", 0),
}
_OF_PYTHON: dict[type, str] = {date: "date", int: "number", str: "text", bool: "flag"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNORDERED = frozenset({"==", "!="})


@dataclass(frozen=True, slots=True)
class Failure:
    """A clause that does not hold, in the language's own words. It names what it depends on and never holds a value."""

    clause: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled guard. Two guards with the same source over the same names are equal."""

    source: str
    names: frozenset[str]
    _clauses: tuple[tuple[_Test, Failure], ...] = field(compare=False, repr=False)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether the guard holds for `values`; `today` among them is the date in Stockholm."""
        return all(test(values) for test, _ in self._clauses)

    def failures(self, values: Mapping[str, Value]) -> tuple[Failure, ...]:
        """Return the smallest clauses that must change for the guard to hold; empty if and only if it holds."""
        return tuple(failure for test, failure in self._clauses if not test(values))

    def __str__(self) -> str:
        return self.source


def compile_guard(
    source: str,
    types: "Mapping[str, FieldType | FactType]",
    choices: Mapping[str, Collection[str]] | None = None,
) -> Guard:
    """Parse, check and compile a guard.

    Args:
        source: The guard, at most 500 characters.
        types: The declared fields and facts.
        choices: The choices of choice fields; a field named here is compared with its own choices only.

    Raises:
        GuardError: The guard does not parse, names something undeclared, or compares what cannot be compared.
    """
    kinds = {name: _KINDS[str(declared)] for name, declared in types.items()}
    compiler = _Compiler(source, {**kinds, TODAY: ("date", None)}, choices or {})
    tree = parse_guard(source)
    clauses = tuple(compiler.clause(node) for node in _conjuncts(tree))
    return Guard(source, frozenset(_names(tree)), clauses)


def _conjuncts(node: Node) -> list[Node]:
    if isinstance(node, Both) and not node.any_of:
        return [leaf for part in node.parts for leaf in _conjuncts(part)]
    return [node]


def _names(node: Node) -> list[str]:
    if isinstance(node, Name):
        return [node.name]
    if isinstance(node, Not):
        return _names(node.inner)
    if isinstance(node, Both):
        return [name for part in node.parts for name in _names(part)]
    if isinstance(node, Compare):
        return [*_names(node.left), *_names(node.right)]
    return _names(node.left) if isinstance(node, Among) else []


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Turns checked nodes into closures; the check and the closure of one construct stand together."""

    source: str
    kinds: Mapping[str, tuple[str, Any]]
    choices: Mapping[str, Collection[str]]

    def clause(self, node: Node) -> tuple[_Test, Failure]:
        text = self.source[node.start : node.end]
        return self.test(node), Failure(text, tuple(dict.fromkeys(_names(node))))

    def test(self, node: Node) -> _Test:
        if isinstance(node, Both):
            tests = tuple(self.test(part) for part in node.parts)
            if node.any_of:
                return lambda values: any(test(values) for test in tests)
            return lambda values: all(test(values) for test in tests)
        if isinstance(node, Not):
            inner = self.test(node.inner)
            return lambda values: not inner(values)
        if isinstance(node, Compare):
            return self.comparison(node)
        if isinstance(node, Among):
            return self.membership(node)
        if self.kind(node) != "flag":
            raise self.error(node, f"a comparison: a {self.kind(node)} alone is neither true nor false")
        read = self.reader(node, "flag")
        return lambda values: read(values) is True

    def comparison(self, node: Compare) -> _Test:
        kind = self.common_kind(node.left, node.right)
        if kind in {"flag", "text"} and node.symbol not in _UNORDERED:
            raise self.error(node, f"== or != between a {kind} and a {kind}")
        left, right = self.reader(node.left, kind), self.reader(node.right, kind)
        compare = _COMPARE[node.symbol]

        def test(values: Mapping[str, Value]) -> bool:
            a, b = left(values), right(values)
            return a is not None and b is not None and compare(a, b)

        return test

    def membership(self, node: Among) -> _Test:
        kind = "date"
        for option in node.options:
            kind = self.common_kind(node.left, option)
        read = self.reader(node.left, kind)
        options = frozenset(option.value for option in node.options)
        return lambda values: read(values) in options

    def common_kind(self, left: Node, right: Node) -> str:
        kinds = self.kind(left), self.kind(right)
        if set(kinds) == {"date", "instant"}:
            return "date"
        if kinds[0] != kinds[1]:
            raise self.error(right, f"a {kinds[0]}, to compare with {self.text(left)}")
        self.check_choice(left, right)
        self.check_choice(right, left)
        return kinds[0]

    def check_choice(self, named: Node, constant: Node) -> None:
        if not (isinstance(named, Name) and isinstance(constant, Constant) and named.name in self.choices):
            return
        if constant.value not in self.choices[named.name]:
            raise self.error(constant, nearest_first(str(constant.value), self.choices[named.name]))

    def kind(self, node: Node) -> str:
        if isinstance(node, Constant):
            return _OF_PYTHON[type(node.value)]
        if not isinstance(node, Name):
            raise self.error(node, "a name or a literal: a condition cannot be compared")
        if node.name not in self.kinds:
            raise self.error(node, nearest_first(node.name, self.kinds))
        return self.kinds[node.name][0]

    def reader(self, node: Node, kind: str) -> _Read:
        """Return what reads the node from the values; a value of another type than declared counts as missing."""
        if isinstance(node, Constant):
            constant = node.value
            return lambda _: constant
        assert isinstance(node, Name)  # noqa: S101 - `kind` refused everything else
        name, (declared, missing) = node.name, self.kinds[node.name]
        if declared == "instant":
            return _instant_reader(name, as_date=kind == "date")
        python = {"date": date, "number": int, "text": str, "flag": bool}[declared]

        def read(values: Mapping[str, Value]) -> Value:
            value = values.get(name)
            return value if type(value) is python else missing  # exact: a bool is no number, a datetime no date

        return read

    def error(self, node: Node, allowed: str) -> GuardError:
        return GuardError(self.source, node.start + 1, self.text(node), allowed)

    def text(self, node: Node) -> str:
        return self.source[node.start : node.end]


def _instant_reader(name: str, *, as_date: bool) -> _Read:
    def read(values: Mapping[str, Value]) -> date | None:
        value = values.get(name)
        if not isinstance(value, datetime) or value.tzinfo is None:
            return None
        try:
            return value.astimezone(STOCKHOLM).date() if as_date else value
        except OverflowError:  # the first and the last day of the calendar have no neighbours
            return None

    return read
