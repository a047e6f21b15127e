"""Holds data against the published JSON Schema and says what does not fit in the words of the file.

jsonschema finds; this module says it once per root cause: a list with one bad element is one problem, not three.
"""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from workflows.marks import Data, Marks, Path
from workflows.problems import Mark, Problem
from workflows.suggestions import nearest_first

_KINDS: Final[dict[type, str]] = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    int: "a number",
    bool: "true or false",
    type(None): "nothing",
}
_TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
}
_LIMITS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}
_COUNTED: Final = ("minItems", "maxItems", "minProperties", "maxProperties", "maxLength")
_LONGEST_SHOWN: Final = 60


@lru_cache(maxsize=1)
def published_schema() -> dict[str, Any]:
    """Return the JSON Schema of definitions (draft 2020-12), as it is published. Do not change what you get."""
    text = resources.files("workflows").joinpath("definitions/schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(published_schema())


def schema_problems(data: Data, marks: Marks) -> dict[Problem, Path]:
    """Return what does not fit the schema, each with the path of what is unusable because of it.

    A key that is missing only because it is misspelt is one problem, the misspelt key.
    """
    causes = [cause for error in _validator().iter_errors(data) for cause in _causes(error)]
    misspelt = {key for cause in causes if cause.validator == "additionalProperties" for key in _meant_keys(cause)}
    return {
        problem: path
        for cause in causes
        if cause.validator != "required" or (*cause.absolute_path, _missing_key(cause)) not in misspelt
        for path, problem in _described(cause, marks)
    }


def _meant_keys(error: ValidationError) -> Iterator[Path]:
    known = _schema(error)["properties"]
    for key in _instance(error):
        if key not in known:
            for meant in get_close_matches(key, set(known) - set(_instance(error)), n=1):
                yield (*error.absolute_path, meant)


def _missing_key(error: ValidationError) -> str:
    # jsonschema says this once per missing key, each time with the list of all that are required
    return error.message.split("'")[1]


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors behind an error: for a choice of forms, those of the form that was meant."""
    if error.validator != "anyOf":
        yield error
        return
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    meant = [errors for errors in branches.values() if not any(_misses_the_form(e, error) for e in errors)]
    if len(meant) != 1:
        yield error
        return
    for inner in meant[0]:
        yield from _causes(inner)


def _misses_the_form(inner: ValidationError, outer: ValidationError) -> bool:
    return inner.validator in {"type", "const"} and list(inner.absolute_path) == list(outer.absolute_path)


def _described(error: ValidationError, marks: Marks) -> Iterator[tuple[Path, Problem]]:
    path: Path = tuple(error.absolute_path)
    kind = str(error.validator)
    if kind == "additionalProperties":
        known = _schema(error)["properties"]
        for key in _instance(error):
            if key not in known:
                where = (*path, key)
                yield where, marks.problem(marks.key(where), "unknown-key", key, nearest_first(key, known))
    elif kind == "required":
        key = _missing_key(error)
        yield path, marks.problem(marks.key(path), "missing-key", f"no {key} in {_name(path)}", _about(error, key))
    elif "propertyNames" in error.schema_path:
        where = (*path, str(error.instance))
        yield where, marks.problem(marks.key(where), "bad-name", str(error.instance), _form(_schema(error)))
    else:
        yield path, marks.problem(_place(error, path, marks), *_value_problem(error, kind))


def _value_problem(error: ValidationError, kind: str) -> tuple[str, str, str]:
    found = shown(error.instance)
    rule: Any = error.validator_value
    if kind == "type":
        return "wrong-type", found, " or ".join(_TYPES[name] for name in (rule if isinstance(rule, list) else [rule]))
    if kind == "anyOf":
        return "wrong-type", found, str(_schema(error).get("description", "")) or _forms(error)
    if kind in {"enum", "const"}:
        return "not-allowed", found, nearest_first(str(error.instance), rule if kind == "enum" else [rule])
    if kind == "pattern":
        return "bad-form", found, _form(_schema(error))
    if kind == "uniqueItems":
        return "repeated", found, "each value once"
    counted = str(len(_instance(error))) if kind in _COUNTED else found
    return "out-of-range", counted, _LIMITS[kind].format(rule)


def _place(error: ValidationError, path: Path, marks: Marks) -> Mark:
    if error.validator == "uniqueItems":
        items = _instance(error)
        second = next(i for i, item in enumerate(items) if item in items[:i])
        return marks.value((*path, second))
    return marks.value(path)


def _schema(error: ValidationError) -> dict[str, Any]:
    return cast("dict[str, Any]", error.schema)


def _instance(error: ValidationError) -> Any:
    return error.instance


def _about(error: ValidationError, key: str) -> str:
    schema = _schema(error)["properties"][key]
    text = schema.get("description") or _resolved(schema).get("description", "")
    return f"{key}: {text}"


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return published_schema()["$defs"][name] if name else schema


def _form(schema: dict[str, Any]) -> str:
    examples = ", ".join(f'"{example}"' for example in schema.get("examples", ()))
    return f"{schema['description']} For example {examples}" if examples else str(schema["description"])


def _forms(error: ValidationError) -> str:
    branches: Any = error.validator_value
    resolved = [_resolved(branch) for branch in branches]
    return " or ".join(_TYPES[schema["type"]] for schema in resolved)


def _name(path: Path) -> str:
    return ".".join(str(step) for step in path) or "the definition"


def shown(value: object) -> str:
    """Return how a value of a definition is shown in a problem: texts cut short, the rest by kind."""
    if isinstance(value, dict | list) or value is None:
        return _KINDS[type(value)]
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, int) else f'"{value}"'
    return text if len(text) <= _LONGEST_SHOWN else f'{text[:_LONGEST_SHOWN]}…"'
