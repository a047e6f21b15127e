"""Renders the reference of the definition language from the schema and the rules, as Markdown.

docs/definitions.md holds what this returns; a test compares the two.
"""

from collections.abc import Iterator
from typing import Any

from workflows.problems import LINT_ERRORS, LINT_WARNINGS, READING_RULES
from workflows.schema import published_schema

Schema = dict[str, Any]


def keys_reference() -> str:
    """Return one table for every kind of mapping in a definition, the definition itself first."""
    schema = published_schema()
    parts = {"the definition": schema} | {n: d for n, d in schema["$defs"].items() if "properties" in d}
    return "\n".join(line for name, part in parts.items() for line in _table(name, part))


def values_reference() -> str:
    """Return a table of the ways in which values are written."""
    written = {n: d for n, d in published_schema()["$defs"].items() if "properties" not in d}
    rows = [
        f"| `{name}` | {_cell(part['description'])} | {_examples(part)} |"
        for name, part in written.items()
        if part.get("type") == "string" or "enum" in part
    ]
    return "\n".join(["| value | what it is | examples |", "|---|---|---|", *rows, ""])


def rules_reference() -> str:
    """Return a table of what the reader and the linter find."""
    kinds = ((READING_RULES, "error"), (LINT_ERRORS, "error"), (LINT_WARNINGS, "warning"))
    rows = [f"| `{rule}` | {kind} | {_cell(text)} |" for rules, kind in kinds for rule, text in rules.items()]
    return "\n".join(["| rule | kind | what it says |", "|---|---|---|", *rows, ""])


def _table(name: str, part: Schema) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{part['description']}\n"
    yield "| key | value | meaning |"
    yield "|---|---|---|"
    for key, value in part["properties"].items():
        needed = "" if key in part.get("required", ()) else " (optional)"
        meaning = value.get("description") or _resolved(value).get("description", "")
        yield f"| `{key}`{needed} | {_form(value)} | {_cell(meaning)}{_default(value)} |"
    yield ""


def _form(value: Schema) -> str:
    if "$ref" in value or "const" in value:
        return f"`{_ref_name(value) if '$ref' in value else value['const']}`"
    if "enum" in value:
        return " · ".join(f"`{choice}`" for choice in value["enum"])
    if "anyOf" in value:
        return " or ".join(_form(branch) for branch in value["anyOf"])
    if value["type"] == "array":
        return f"list of {_form(value['items'])}"
    if value["type"] == "object":
        return f"name: {_form(value['additionalProperties'])}"
    return _plain(value)


def _plain(value: Schema) -> str:
    types = value["type"] if isinstance(value["type"], list) else [value["type"]]
    words = {"string": "text", "integer": "number", "boolean": "`true` · `false`"}
    limits = f", {value['minimum']} to {value['maximum']}" if types == ["integer"] and "minimum" in value else ""
    return (
        " or ".join(words[name] for name in types) + limits + (f", like {_examples(value)}" if _examples(value) else "")
    )


def _examples(value: Schema) -> str:
    shown = value.get("examples") or value.get("enum") or ()
    return ", ".join(f"`{example}`" for example in shown)


def _default(value: Schema) -> str:
    default = value.get("default")
    if default is None or isinstance(default, dict):
        return ""
    word = (
        ", ".join(default)
        if isinstance(default, list)
        else str(default).lower()
        if isinstance(default, bool)
        else default
    )
    return f" Default: `{word}`."


def _resolved(value: Schema) -> Schema:
    resolved: Schema = published_schema()["$defs"][_ref_name(value)] if "$ref" in value else value
    return resolved


def _ref_name(value: Schema) -> str:
    return str(value["$ref"]).rpartition("/")[2]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
