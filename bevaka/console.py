"""What the command line prints: tables for people, JSON for programs, progress on standard error."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bevaka.language import t
from engine.opening import Progress as Told
from engine.opening import no_progress
from workflows.dates import STOCKHOLM

Cell = str | int | date | bool | None


def say(text: str = "") -> None:
    """Print a line of the answer."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """Print a line beside the answer, on standard error."""
    sys.stdout.flush()
    sys.stderr.write(text + "\n")


def data(value: object) -> None:
    """Print the answer as JSON: for programs. Instants are UTC in ISO form, keys are stable."""
    say(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def _plain(value: object) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(_plain(key)): _plain(item) for key, item in value.items()}
        case str() | int() | float() | None:
            return value
        case Sequence() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"no JSON form for {type(value).__name__}")


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table; in a pipe without lines or colours, one row a line, nothing cut off."""
    cells = [[shown(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _aligned(headings, cells)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in cells:
        drawn.add_row(*row)
    Console(markup=False, highlight=False, emoji=False).print(drawn)


def _aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(headings), *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def shown(cell: Cell) -> str:
    """Return one value as people read it; instants in Stockholm time."""
    match cell:
        case None:
            return "–"
        case bool():
            return t("ja", "yes") if cell else t("nej", "no")
        case datetime():
            return cell.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def in_days(days: int | None) -> str:
    """Return a distance in days in words: "om 3 dagar", "3 days ago"."""
    if days is None:
        return "–"
    if abs(days) <= 1:
        return {0: t("i dag", "today"), 1: t("i morgon", "tomorrow"), -1: t("i går", "yesterday")}[days]
    return t(f"om {days} dagar", f"in {days} days") if days > 0 else t(f"{-days} dagar sedan", f"{-days} days ago")


@contextmanager
def progress(title: str) -> Iterator[Told]:
    """Show how far something has come, on standard error and only on a terminal; gives what is to be told."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None)

        yield told
