"""Snapshots and answers as JSON and back: what storage keeps, what history hashes, what replay reads.

Dates and instants are tagged (`{"d": "2024-01-31"}`, `{"t": "2024-01-31T08:00:00+00:00"}`), so that a stored value
needs no definition to be read and a text that looks like a date stays a text.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from workflows.case import Invited, Pause, Quiet, QuietKind, Snapshot, Watch
from workflows.guards import Value

Json = Any  # what json.loads returns


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Json) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces. What is hashed must not depend on a dict's order."""
    return _CANONICAL.encode(value)


def value_to_json(value: Value) -> Json:
    """Return a field's value as JSON."""
    if isinstance(value, datetime):
        return {"t": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def value_from_json(value: Json) -> Value:
    """Return the value that `value_to_json` was given."""
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
    return value  # type: ignore[no-any-return]  # str, int, bool or None: the column holds nothing else


def data_to_json(data: Mapping[str, Value]) -> dict[str, Json]:
    """Return fields and facts as JSON."""
    return {name: value_to_json(value) for name, value in data.items()}


def data_from_json(data: Mapping[str, Json]) -> dict[str, Value]:
    """Return the fields and facts that `data_to_json` was given."""
    return {name: value_from_json(value) for name, value in data.items()}


def snapshot_to_json(snapshot: Snapshot) -> dict[str, Json]:
    """Return the parts of a snapshot that have no column of their own (state and counters have)."""
    return {
        "data": data_to_json(snapshot.data),
        "watch": {kind: _watch_to_json(watch) for kind, watch in snapshot.watch.items()},
        "pauses": [
            [p.kind, p.from_on.isoformat(), p.until_on.isoformat() if p.until_on else None] for p in snapshot.pauses
        ],
        "invited": {kind: _invited_to_json(invited) for kind, invited in snapshot.invited.items()},
    }


def snapshot_from_json(state: str, seq: int, entry_seq: int, stored: Mapping[str, Json]) -> Snapshot:
    """Return the snapshot that `snapshot_to_json` was given."""
    return Snapshot(
        state=state,
        seq=seq,
        entry_seq=entry_seq,
        data=data_from_json(stored["data"]),
        watch={kind: _watch_from_json(watch) for kind, watch in stored["watch"].items()},
        pauses=tuple(Pause(kind, date.fromisoformat(start), _date(end)) for kind, start, end in stored["pauses"]),
        invited=invited_from_json(stored["invited"]),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _watch_to_json(watch: Watch) -> Json:
    stored = {
        "entry": watch.entry_seq,
        "occurrence": watch.occurrence,
        "generation": watch.generation,
        "live": watch.live,
        "met": watch.met,
        "paused": watch.paused,
        "paused_days": watch.paused_days,
        "anchor": watch.anchor_on.isoformat() if watch.anchor_on else None,
        "base": watch.base_on.isoformat() if watch.base_on else None,
        "due": watch.due_on.isoformat() if watch.due_on else None,
        "met_on": watch.met_on.isoformat() if watch.met_on else None,
        "rule": watch.rule,
        "marks": list(watch.marks),
    }
    return stored | (
        {"quiet": [watch.quiet.kind.value, watch.quiet.until_on.isoformat(), watch.quiet.seq]} if watch.quiet else {}
    )


def _watch_from_json(stored: Mapping[str, Json]) -> Watch:
    quiet = stored.get("quiet")
    return Watch(
        entry_seq=stored["entry"],
        occurrence=stored["occurrence"],
        generation=stored["generation"],
        live=stored["live"],
        met=stored["met"],
        paused=stored["paused"],
        paused_days=stored["paused_days"],
        anchor_on=_date(stored["anchor"]),
        base_on=_date(stored["base"]),
        due_on=_date(stored["due"]),
        met_on=_date(stored.get("met_on")),
        rule=stored.get("rule", ""),
        marks=tuple(stored.get("marks", ("", ""))),
        quiet=Quiet(QuietKind(quiet[0]), date.fromisoformat(quiet[1]), quiet[2]) if quiet else None,
    )


def invited_from_json(stored: Mapping[str, Json]) -> dict[str, Invited]:
    """Return the meetings of a stored snapshot, for whoever reads nothing else of it."""
    return {kind: _invited_from_json(invited) for kind, invited in stored.items()}


def _invited_to_json(invited: Invited) -> Json:
    return [
        invited.sequence,
        invited.starts_at.astimezone(UTC).isoformat(),
        invited.minutes,
        invited.place,
        list(invited.to),
        invited.live,
    ]


def _invited_from_json(stored: list[Json]) -> Invited:
    sequence, starts_at, minutes, place, to, live = stored
    return Invited(sequence, datetime.fromisoformat(starts_at), minutes, place, tuple(to), live)
