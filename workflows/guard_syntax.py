"""Parses the guard language: text in, tree out. What the names mean is checked in `workflows.guards`.

any    = all { "or" all }
all    = not { "and" not }
not    = "not" not | clause
clause = term [ ("==" | "!=" | "<" | "<=" | ">" | ">=") term | "in" "[" literal { "," literal } "]" ]
term   = "(" any ")" | name | literal
literal = 42 | 'text' | true | false | 2024-01-31
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from workflows.errors import BevakaError

MAX_LENGTH = 500
MAX_DEPTH = 20

Literal = date | str | int | bool

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<date>\d{4}-\d{2}-\d{2})
      | (?P<integer>\d{1,9}(?![\w.]))
      | (?P<text>'[^'\n]*'|"[^"\n]*")
      | (?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)
      | (?P<symbol>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in", "true", "false"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class GuardError(BevakaError):
    """A guard that cannot be compiled. `column` counts from 1."""

    def __init__(self, source: str, column: int, found: str, allowed: str) -> None:
        super().__init__(f"column {column}: found {found}; allowed: {allowed}")
        self.source = source
        self.column = column
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a guard and where in the source it stands."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A field, a fact or `today`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal."""

    value: Literal


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The opposite of `inner`."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Both(Node):
    """A conjunction or (`any_of`) a disjunction."""

    parts: tuple[Node, ...]
    any_of: bool


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """Two terms compared by `symbol`."""

    left: Node
    symbol: str
    right: Node


@dataclass(frozen=True, slots=True)
class Among(Node):
    """A term looked up in a list of literals."""

    left: Node
    options: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parse_guard(source: str) -> Node:
    """Parse `source` into a tree.

    Raises:
        GuardError: The text is not in the guard language, or is too long or too deep.
    """
    if len(source) > MAX_LENGTH:
        raise GuardError(source, MAX_LENGTH + 1, f"{len(source)} characters", f"at most {MAX_LENGTH}")
    return _Parser(source, _tokens(source)).whole()


def _tokens(source: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            raise GuardError(source, start + 1, repr(source[start]), "names, literals, comparisons, and, or, not, in")
        kind = str(match.lastgroup)
        text = match.group(kind)
        tokens.append(_Token(text if text in _WORDS or kind == "symbol" else kind, text, match.start(kind)))
        at = match.end()
    return [*tokens, _Token("end", "", end)]


class _Parser:
    """Recursive descent over the tokens of one guard."""

    def __init__(self, source: str, tokens: list[_Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.any_of()
        if self.here.kind != "end":
            raise self.unexpected("and, or, or the end of the guard")
        return node

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, kind: str) -> _Token:
        if self.here.kind != kind:
            raise self.unexpected(kind)
        return self.take()

    def unexpected(self, allowed: str) -> GuardError:
        found = repr(self.here.text) if self.here.text else "the end of the guard"
        return GuardError(self.source, self.here.start + 1, found, allowed)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise GuardError(self.source, self.here.start + 1, "a deeper nesting", f"at most {MAX_DEPTH} levels")

    def any_of(self) -> Node:
        return self.joined("or", self.all_of)

    def all_of(self) -> Node:
        return self.joined("and", self.negation)

    def joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.here.kind == word:
            self.take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return Both(parts[0].start, parts[-1].end, tuple(parts), any_of=word == "or")

    def negation(self) -> Node:
        if self.here.kind != "not":
            return self.clause()
        start = self.take().start
        self.deeper()
        inner = self.negation()
        self.depth -= 1
        return Not(start, self.tokens[self.at - 1].end, inner)

    def clause(self) -> Node:
        left = self.term()
        if self.here.kind in _COMPARISONS:
            symbol = self.take().text
            right = self.term()
            return Compare(left.start, right.end, left, symbol, right)
        if self.here.kind == "in":
            self.take()
            options = self.options()
            return Among(left.start, self.tokens[self.at - 1].end, left, options)
        return left

    def options(self) -> tuple[Constant, ...]:
        self.expect("[")
        options = [self.literal()]
        while self.here.kind == ",":
            self.take()
            options.append(self.literal())
        self.expect("]")
        return tuple(options)

    def term(self) -> Node:
        if self.here.kind == "(":
            start = self.take().start
            self.deeper()
            inner = self.any_of()
            self.depth -= 1
            return replace(inner, start=start, end=self.expect(")").end)
        if self.here.kind == "name":
            token = self.take()
            return Name(token.start, token.end, token.text)
        return self.literal()

    def literal(self) -> Constant:
        token = self.here
        if token.kind not in {"date", "integer", "text", "true", "false"}:
            raise self.unexpected("a name, a number, 'a choice', true, false or a date like 2024-01-31")
        self.take()
        return Constant(token.start, token.end, self.value_of(token))

    def value_of(self, token: _Token) -> Literal:
        if token.kind == "date":
            try:
                return date.fromisoformat(token.text)
            except ValueError:
                raise GuardError(self.source, token.start + 1, token.text, "a date in the calendar") from None
        if token.kind == "integer":
            return int(token.text)
        return token.text[1:-1] if token.kind == "text" else token.kind == "true"
