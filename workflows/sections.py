"""Builds the parts of a definition that say what there is and what happens: roles, states, fields, transitions."""

from typing import Any, Final

from workflows.dates import Span
from workflows.draft import Draft, one_or_many
from workflows.guards import Guard
from workflows.marks import Path
from workflows.model import (
    Asked,
    Fact,
    FactChange,
    FactType,
    Field,
    FieldType,
    Invite,
    Role,
    State,
    Text,
    Transition,
)
from workflows.schema import shown

EVERY_STATE: Final = "*"


def roles(draft: Draft) -> dict[str, Role]:
    """Return the usable roles."""
    return {name: _role(draft, path, name, entry) for path, name, entry in draft.entries("roles")}


def _role(draft: Draft, path: Path, name: str, entry: dict[str, Any]) -> Role:
    above = entry.get("above")
    if above is not None:
        draft.refer((*path, "above"), above, "roles")
    needs = draft.guard((*path, "needs"), entry.get("needs"))
    return Role(name, draft.text(entry["title"]), entry.get("party", "region"), needs, above)


def states(draft: Draft) -> dict[str, State]:
    """Return the usable states."""
    return {
        name: State(name, draft.text(entry["title"]), entry.get("final", False))
        for _, name, entry in draft.entries("states")
    }


def outcomes(draft: Draft) -> dict[str, Text]:
    """Return how a case can end."""
    return {name: draft.text(entry) for _, name, entry in draft.entries("outcomes")}


def fields(draft: Draft) -> dict[str, Field]:
    """Return the usable fields."""
    ends = outcomes(draft)
    return {name: _field(draft, path, name, entry, ends) for path, name, entry in draft.entries("fields")}


def _field(draft: Draft, path: Path, name: str, entry: dict[str, Any], ends: dict[str, Text]) -> Field:
    choices = entry.get("choices")
    if (entry["type"] == FieldType.CHOICE) != (choices is not None):
        found = f"a {entry['type']} field with{'' if choices else 'out'} choices"
        draft.report_key(path, "choices", found, "type: choice together with choices")
    if choices == "outcomes":
        if not ends and draft.usable("outcomes"):
            draft.report((*path, "choices"), "unknown-name", "outcomes", "choices, or outcomes when they are declared")
        texts = ends
    else:
        texts = {choice: draft.text(text) for choice, text in (choices or {}).items()}
    seen_by = draft.refer_all((*path, "visible_to"), entry.get("visible_to", []), "roles")
    return Field(
        name=name,
        type=FieldType(entry["type"]),
        title=draft.text(entry["title"]),
        required=entry.get("required", False),
        personal=entry.get("personal", False),
        choices=texts,
        visible_to=frozenset(seen_by),
    )


def facts(draft: Draft) -> dict[str, Fact]:
    """Return the usable facts."""
    return {
        name: Fact(name, FactType(entry["type"]), draft.text(entry["title"]))
        for _, name, entry in draft.entries("facts")
    }


def transitions(draft: Draft) -> dict[str, Transition]:
    """Return the usable transitions."""
    return {name: _transition(draft, path, name, entry) for path, name, entry in draft.entries("transitions")}


def _transition(draft: Draft, path: Path, name: str, entry: dict[str, Any]) -> Transition:
    to = entry.get("to")
    if to is not None:
        draft.refer((*path, "to"), to, "states")
    return Transition(
        name=name,
        title=draft.text(entry["title"]),
        sources=_sources(draft, path, entry["from"]),
        to=to,
        by=frozenset(draft.refer_all((*path, "by"), entry["by"], "roles")),
        asks=tuple(_asked(draft, path, entry)),
        needs=tuple(_needs(draft, path, entry)),
        sets=tuple(_fact_change(draft, (*path, "sets", n), n, v) for n, v in entry.get("sets", {}).items()),
        invite=_invite(draft, path, entry),
        undo=Span.parse(entry["undo"]) if "undo" in entry else None,
    )


def _sources(draft: Draft, path: Path, value: Any) -> frozenset[str]:
    if value == EVERY_STATE:
        return frozenset(name for _, name, entry in draft.entries("states") if not entry.get("final"))
    return frozenset(draft.refer_all((*path, "from"), value, "states"))


def _asked(draft: Draft, path: Path, entry: dict[str, Any]) -> list[Asked]:
    asked = []
    for index, item in enumerate(entry.get("asks", [])):
        where: Path = (*path, "asks", index)
        name = item if isinstance(item, str) else next(iter(item))
        required = isinstance(item, str)
        draft.refer(where if required else (*where, name), name, "fields", as_key=not required)
        asked.append(Asked(name, required))
    return asked


def _needs(draft: Draft, path: Path, entry: dict[str, Any]) -> list[Guard]:
    sources = one_or_many((*path, "needs"), entry.get("needs", []))
    return [guard for where, source in sources if (guard := draft.guard(where, source)) is not None]


def _fact_change(draft: Draft, path: Path, name: str, value: bool | int) -> FactChange:
    found = draft.type_of("facts", name) if draft.refer(path, name, "facts", as_key=True) else None
    flag = found == FactType.FLAG
    if found is not None and flag != isinstance(value, bool):
        draft.report(path, "fact-value", shown(value), "true or false" if flag else "a number, like +1")
    return FactChange(name, value)


def _invite(draft: Draft, path: Path, entry: dict[str, Any]) -> Invite | None:
    if "invite" in entry and "cancels" in entry:
        draft.report_key((*path, "cancels"), "incomplete", "invite and cancels", "one of them")
    if "cancels" in entry:
        return _cancellation(draft, (*path, "cancels"), entry["cancels"])
    if "invite" not in entry:
        return None
    where, invite = (*path, "invite"), entry["invite"]
    draft.refer_field((*where, "at"), invite["at"], FieldType.DATETIME)
    if "place" in invite:
        draft.refer_field((*where, "place"), invite["place"], FieldType.CHOICE)
    to = draft.refer_all((*where, "to"), invite["to"], "roles")
    return Invite(invite["kind"], invite["at"], invite["minutes"], invite.get("place"), to)


def _cancellation(draft: Draft, path: Path, kind: str) -> Invite:
    kinds = [t["invite"]["kind"] for _, _, t in draft.entries("transitions") if "invite" in t]
    if kind not in kinds and draft.usable("transitions"):
        draft.report(path, "unknown-name", kind, f"a kind that a transition invites to: {', '.join(kinds) or 'none'}")
    return Invite(kind, at="", minutes=0, place=None, to=(), cancels=True)
