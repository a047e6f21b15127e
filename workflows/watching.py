"""Builds the parts of a definition that watch and count: deadlines with their ladders, pauses, KPIs and costs."""

from typing import Any

from workflows.dates import Offset, Roll, Span
from workflows.draft import Draft, one_or_many
from workflows.marks import Path
from workflows.model import (
    Costs,
    Deadline,
    DueRule,
    FactType,
    FieldType,
    Kpi,
    Level,
    PauseKind,
    Repeat,
    Rung,
)


def deadlines(draft: Draft) -> dict[str, Deadline]:
    """Return the usable deadlines."""
    return {name: _deadline(draft, path, name, entry) for path, name, entry in draft.entries("deadlines")}


def _deadline(draft: Draft, path: Path, name: str, entry: dict[str, Any]) -> Deadline:
    due = _due(draft, path, entry)
    if "met_by" not in entry and "when" not in entry:
        draft.report_key(path, "incomplete", "neither met_by nor when", "something that ends the deadline")
    if not due.every:
        for key in ("until", "early"):
            if key in entry:
                draft.report_key((*path, key), "incomplete", f"{key} without every", "for recurring deadlines only")
    reminders = [_rung(draft, (*path, "remind", i), Level.REMIND, i, r) for i, r in enumerate(entry.get("remind", []))]
    escalations = enumerate(entry.get("escalate", []))
    escalated = [_rung(draft, (*path, "escalate", i), Level.ESCALATE, i, r) for i, r in escalations]
    return Deadline(
        name=name,
        title=draft.text(entry["title"]),
        due=due,
        region=frozenset(draft.refer_all((*path, "while"), entry["while"], "states")),
        met_by=frozenset(draft.refer_all((*path, "met_by"), entry.get("met_by", []), "transitions")),
        ladder=(*reminders, *escalated),
        roll=Roll(entry.get("roll", "none")),
        when=draft.guard((*path, "when"), entry.get("when")),
        early=Span.parse(entry["early"]) if "early" in entry else None,
    )


def _due(draft: Draft, path: Path, entry: dict[str, Any]) -> DueRule:
    words, _, anchor = entry["due"].rpartition(" ")
    every = words.startswith("every ")
    known = draft.known("fields")
    mark = draft.marks.inside((*path, "due"), len(words) + 2)
    draft.marks.values[(*path, "due", "anchor")] = mark
    if known is not None:
        draft.refer_field((*path, "due", "anchor"), anchor, FieldType.DATE, FieldType.DATETIME)
    until = entry.get("until")
    if until is not None:
        draft.refer_field((*path, "until"), until, FieldType.DATE)
    return DueRule(Offset.parse(words.removeprefix("every ")), anchor, every, until)


def _rung(draft: Draft, path: Path, level: Level, index: int, entry: dict[str, Any]) -> Rung:
    repeat = None
    if "repeat" in entry and "at_most" in entry:
        repeat = Repeat(Span.parse(entry["repeat"].removeprefix("every ")), entry["at_most"])
    elif "repeat" in entry or "at_most" in entry:
        key = "repeat" if "repeat" in entry else "at_most"
        draft.report_key((*path, key), "incomplete", f"{key} alone", "repeat and at_most together")
    return Rung(
        key=f"{level[0]}{index + 1}",
        level=level,
        at=Offset.parse(entry["at"]),
        to=draft.refer_all((*path, "to"), entry["to"], "roles"),
        channels=tuple(channel for _, channel in one_or_many((), entry.get("channel", "email"))),
        repeat=repeat,
    )


def pauses(draft: Draft) -> dict[str, PauseKind]:
    """Return the usable kinds of pauses."""
    return {
        name: PauseKind(
            name,
            draft.text(entry["title"]),
            frozenset(draft.refer_all((*path, "stops"), entry["stops"], "deadlines")),
        )
        for path, name, entry in draft.entries("pauses")
    }


def kpis(draft: Draft) -> dict[str, Kpi]:
    """Return the usable goals."""
    return {name: _kpi(draft, path, name, entry) for path, name, entry in draft.entries("kpis")}


def _kpi(draft: Draft, path: Path, name: str, entry: dict[str, Any]) -> Kpi:
    title, goal = draft.text(entry["title"]), int(entry["goal"].rstrip(" %"))
    if ("met" in entry) == ("fact" in entry):
        draft.report_key(path, "incomplete", f"met and fact {'both' if 'met' in entry else 'missing'}", "one of them")
    if "among" in entry and "fact" not in entry:
        draft.report_key((*path, "among"), "incomplete", "among without fact", "among together with fact")
    for key in ("fact", "among"):
        if key in entry:
            _refer_flag(draft, (*path, key), entry[key])
    if "met" not in entry:
        return Kpi(name, title, goal, fact=entry.get("fact"), among=entry.get("among"))
    deadline, _, rest = entry["met"].partition(" within ")
    words, _, anchor = rest.rpartition(" ")
    draft.refer((*path, "met"), deadline, "deadlines")
    draft.refer_field((*path, "met"), anchor, FieldType.DATE, FieldType.DATETIME)
    return Kpi(name, title, goal, deadline=deadline, within=Offset.parse(words), anchor=anchor)


def _refer_flag(draft: Draft, path: Path, name: str) -> None:
    found = draft.type_of("facts", name) if draft.refer(path, name, "facts") else None
    if found not in {None, FactType.FLAG.value}:
        draft.report(path, "wrong-field-type", f"{name}, a {found}", "a flag")


def costs(draft: Draft) -> Costs | None:
    """Return how the cost is split, or None when the programme does not say."""
    if "costs" not in draft.data or not draft.usable("costs"):
        return None
    entry = draft.data["costs"]
    total = sum(entry["key"].values())
    if total != 100:
        draft.report(("costs", "key"), "cost-key", f"{total} percent", "100 percent")
    for funder in sorted(set(entry["key"]) ^ set(entry["titles"])):
        side = "key" if funder in entry["key"] else "titles"
        draft.report_key(("costs", side, funder), "incomplete", f"{funder} only in {side}", "the same funders in both")
    valid_from = draft.day(("costs", "from"), entry["from"])
    if valid_from is None:
        return None
    return Costs(
        key=dict(entry["key"]),
        titles={funder: draft.text(text) for funder, text in entry["titles"].items()},
        valid_from=valid_from,
        budget={int(year): kronor for year, kronor in entry["budget"].items()},
    )
