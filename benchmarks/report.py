"""The account: tables for the terminal, and a page and a file of figures that each run renews for what it measured."""

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.results import Goal, Result, Row, from_json, to_json

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
FIGURES = ROOT / "docs" / "benchmarks.json"
PREFACE = Path(__file__).with_name("preface.md")


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and on what a workload was measured; `load` is what the machine was busy with in the last quarter."""

    on: str
    processors: int
    python: str
    postgresql: str
    command: str
    load: float | None = None

    @classmethod
    def of(cls, day: date, postgresql: str, command: str) -> "Occasion":
        """Describe this machine."""
        processors = os.cpu_count() or 1
        return cls(
            day.isoformat(), processors, platform.python_version(), postgresql, command, round(os.getloadavg()[2], 1)
        )

    def __str__(self) -> str:
        machine = f"{self.processors} processors, Python {self.python}, PostgreSQL {self.postgresql}"
        return f"Measured {self.on} by `{self.command}` on {machine}{self._busy}."

    @property
    def _busy(self) -> str:
        """Warn of a machine that had much else to do: rates are low, and ratios lean towards whoever computes less."""
        if self.load is None or self.load < 2 * self.processors:
            return ""
        return f", **which had much else to do** (load {self.load:g}): read nothing but the ratios, and those with care"


def table(result: Result) -> str:
    """Return a result as Markdown."""
    return "\n".join([f"### {result.title}", "", *_rows(result), "", *_below(result)])


def write(
    found: Mapping[str, Sequence[Result]], occasion: Occasion, page: Path = PAGE, figures: Path = FIGURES
) -> None:
    """Renew the figures of the workloads that were run, keep those of the others, and write the page anew."""
    kept = _read(figures)
    for workload, results in found.items():
        kept[workload] = {"occasion": asdict(occasion), "results": [to_json(result) for result in results]}
    ordered = {workload: kept[workload] for workload in sorted(kept, key=_place)}
    figures.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(_page(ordered), encoding="utf-8")


def _read(figures: Path) -> dict[str, Any]:
    if not figures.exists():
        return {}
    kept: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return kept


def _place(workload: str) -> tuple[bool, str]:
    """Put the numbered workloads before those with a name."""
    return not workload[-1].isdigit(), workload


def _page(kept: Mapping[str, Any]) -> str:
    parts = [PREFACE.read_text(encoding="utf-8")]
    found = {workload: [from_json(one) for one in written["results"]] for workload, written in kept.items()}
    parts.append("\n".join(_promises(found)))
    for workload, results in found.items():
        parts.append(f"## {workload}\n\n{Occasion(**kept[workload]['occasion'])}\n")
        parts += [table(result) for result in results]
    return "\n".join(parts)


def _promises(found: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    yield "## Goals"
    yield ""
    yield "| | goal | measured | |"
    yield "|---|---|--:|---|"
    for results in found.values():
        for result in results:
            for goal in result.goals:
                yield f"| {result.title} | {goal.text} | {goal.measured:.2f} | {_verdict(goal)} |"
    yield ""


def _rows(result: Result) -> Iterator[str]:
    reference = result.row(result.against).median if result.against else None
    ratio = f" × {result.against} |" if reference else ""
    notes = any(row.note for row in result.rows)
    yield f"| | {result.unit} | lowest–highest |{ratio}{' |' if notes else ''}"
    yield f"|---|--:|--:|{'--:|' if reference else ''}{'---|' if notes else ''}"
    for row in result.rows:
        cells = [row.name, _figure(row.median), f"{_figure(row.low)}–{_figure(row.high)}"]
        cells += [_ratio(row, reference)] if reference else []
        cells += [row.note] if notes else []
        yield f"| {' | '.join(cells)} |"


def _below(result: Result) -> Iterator[str]:
    yield f"Medians of {result.rounds} rounds." if result.rounds > 1 else "One round."
    yield from result.remarks
    yield ""
    for goal in result.goals:
        yield f"- Goal: {goal.text}. Measured {goal.measured:.2f}: **{_verdict(goal)}**."
    yield ""


def _verdict(goal: Goal) -> str:
    return "kept" if goal.kept else "not kept"


def _ratio(row: Row, reference: float) -> str:
    return f"{row.median / reference:.2f}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
