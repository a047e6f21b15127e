"""Histories of every released version of every programme, kept as files, and the case each of them must lead to.

`python -m tests.chaos.golden_histories` writes those that are missing, with the program as it is; it never changes one.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from workflows.calendar import calendar_named
from workflows.case import Builtin, Event, Snapshot
from workflows.catalogue import load_packaged, packaged
from workflows.guards import Value
from workflows.machine import decide
from workflows.model import Definition, FieldType
from workflows.planning import Rules
from workflows.reader import read_definition
from workflows.refusals import EventRefusedError
from workflows.replay import Recorded, replay
from workflows.values import canonical, data_from_json, data_to_json, snapshot_to_json

FOLDER = Path(__file__).parents[1] / "fixtures" / "histories"
PROV = Path(__file__).parents[1] / "fixtures" / "prov.yaml"
WALKS, STEPS = 6, 40  # of each version: histories, and events tried in each
OPENING: Mapping[str, Value] = {
    "decision_date": date(2024, 1, 31),
    "benefit_from": date(2024, 2, 1),
    "benefit_until": date(2025, 8, 31),
}


@dataclass
class _Walk:
    """A case that events are tried on; those that were refused leave no trace."""

    rules: Rules
    draw: random.Random
    case: Snapshot | None = None
    at: datetime = datetime(2024, 1, 31, 8, tzinfo=UTC)
    events: list[dict[str, Any]] = field(default_factory=list)

    def try_out(self, event: str, answers: Mapping[str, Value]) -> None:
        """Let an event happen, if it can."""
        try:
            decision = decide(self.rules, self.case, Event(event, answers), self.at)
        except EventRefusedError:
            return
        self.case = decision.after
        told = {"event": event, "answers": data_to_json(answers), "at": self.at.isoformat()}
        self.events.append({**told, "version": self.rules.definition.version})

    def step(self) -> None:
        """Let some time pass and try one event of any kind."""
        assert self.case is not None
        self.at += timedelta(days=self.draw.randrange(1, 25), hours=self.draw.randrange(8))
        definition = self.rules.definition
        today = self.at.date()
        transitions = [
            (one.name, {asked.field: _answer(definition, asked.field, self.at) for asked in one.asks})
            for one in definition.leaving(self.case.state)
            if one.to is None or not definition.states[one.to].final
        ]
        watched = sorted(kind for kind, watch in self.case.watch.items() if watch.live)
        pause: dict[str, Value] = {"kind": self.draw.choice(sorted(definition.pauses))}
        quiet: dict[str, Value] = {
            "deadline": self.draw.choice(watched or ["none"]),
            "until_on": today + timedelta(days=4),
        }
        others: list[tuple[str, dict[str, Value]]] = [
            (Builtin.PAUSE, dict(pause)),
            (Builtin.RESUME, dict(pause)),
            (Builtin.ACKNOWLEDGE, dict(quiet)),
            (Builtin.SNOOZE, {**quiet, "reason": "semester"}),
            (Builtin.AMEND, {"benefit_until": date(2026, 8, 31)}),
        ]
        self.try_out(*self.draw.choice([*transitions * 2, *others]))


def definitions() -> Iterator[tuple[str, Definition]]:
    """Give every released version, by the name of its file, and the tests' own programme."""
    for name in packaged():
        yield name, load_packaged(name)
    yield "prov", read_definition(PROV.read_text(encoding="utf-8"), PROV.name)


def write_missing() -> None:
    """Walk through every version that has no histories yet, and keep them."""
    FOLDER.mkdir(exist_ok=True)
    for name, definition in definitions():
        file = FOLDER / f"{name}.json"
        if not file.exists():
            histories = [_walked(definition, number) for number in range(WALKS)]
            told = {"programme": definition.programme, "version": definition.version, "histories": histories}
            file.write_text(json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _walked(definition: Definition, number: int) -> dict[str, Any]:
    walk = _Walk(Rules(definition, calendar_named(definition.calendar)), random.Random(number))
    choices = {one.name: next(iter(one.choices)) for one in definition.fields.values() if one.required and one.choices}
    walk.try_out(Builtin.OPEN, {**OPENING, **choices})
    for _ in range(STEPS):
        walk.step()
    assert walk.case is not None
    return {"events": walk.events, "leads_to": outcome(walk.case)}


def _answer(definition: Definition, asked: str, at: datetime) -> Value:
    declared = definition.fields[asked]
    if declared.type is FieldType.CHOICE:
        return next(iter(declared.choices))
    if declared.type is FieldType.DATETIME:
        return at + timedelta(days=7)
    return at.date() if declared.type is FieldType.DATE else "x"


def outcome(case: Snapshot) -> dict[str, Any]:
    """Return everything that is known of a case, as JSON."""
    told: dict[str, Any] = json.loads(canonical(snapshot_to_json(case)))
    return {**told, "state": case.state, "seq": case.seq, "entry_seq": case.entry_seq}


def event_of(told: Mapping[str, Any]) -> Event:
    """Return one kept event."""
    return Event(told["event"], data_from_json(told["answers"]))


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept histories of one version."""

    name: str
    definition: Definition
    histories: list[dict[str, Any]]

    def recorded(self, history: dict[str, Any]) -> list[Recorded]:
        """Return a history's events."""
        return [Recorded(event_of(one), datetime.fromisoformat(one["at"]), one["version"]) for one in history["events"]]

    def replayed(self, history: dict[str, Any]) -> Snapshot:
        """Return the case a history leads to with the program as it is."""
        rules = Rules(self.definition, calendar_named(self.definition.calendar))
        return replay(self.recorded(history), lambda _version, _at: rules)


def kept() -> list[Kept]:
    """Read the histories; a released version without any raises `FileNotFoundError`."""
    found = []
    for name, definition in definitions():
        told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        if (told["programme"], told["version"]) != (definition.programme, definition.version):
            raise ValueError(f"{name}: its histories are those of {told['programme']} {told['version']}")
        found.append(Kept(name, definition, told["histories"]))
    return found


if __name__ == "__main__":
    write_missing()
