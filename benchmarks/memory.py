"""Memory of a real worker and a real clock with 1,000,000 open deadlines, against the same with none.

What waits is in the database and nowhere else, so a worker should not know how much of it there is.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Goal, Result, Row
from benchmarks.run import Run
from benchmarks.scaled_out import YEAR, Scene, scaled_out

OPEN, QUICK_OPEN = 1_000_000, 20_000
DUE, QUICK_DUE = 10_000, 500
SWEEPS = 20  # the clock ticks every second
LIMIT = 1.05
NONE_DUE, SOME_DUE = "none due", "some due"
PARTS = ("worker", "clock")


def resident(pid: int | str = "self") -> float:
    """Return how much memory a process holds, in MB; pages it shares with others are divided among them."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def results(run: Run) -> Iterator[Result]:
    """Measure with few and with many, none of them due and some."""
    due = QUICK_DUE if run.quick else DUE
    few = _held(run, due, due)
    many = _held(run, QUICK_OPEN if run.quick else OPEN, due)
    for case in (NONE_DUE, SOME_DUE):
        yield _compared(case, few, many, due)


def _compared(case: str, few: dict[str, list[float]], many: dict[str, list[float]], due: int) -> Result:
    rows, goals = [], []
    for part in PARTS:
        name = f"{part}, {case}"
        rows += [Row.of(f"{name}, few open", few[name]), Row.of(f"{name}, a million open", many[name])]
        ratio = rows[-1].median / rows[-2].median
        goals.append(Goal(f"{part}: a million open deadlines over few", LIMIT, ratio))
    remarks = (f"After {SWEEPS} ticks and an audit; due are {due:,}, where any. A worker is it and its child.",)
    return Result("memory", f"Memory, {case}", "MB", tuple(rows), SWEEPS, None, tuple(goals), remarks)


def _held(run: Run, number: int, due: int) -> dict[str, list[float]]:
    """Return the memory of each part in each case."""
    found: dict[str, list[float]] = {}
    with scaled_out(run.server) as scene:
        scene.fill(number, due=due, due_at=scene.now() + YEAR)
        for case in (NONE_DUE, SOME_DUE):
            if case == SOME_DUE:
                scene.execute("UPDATE deadline SET next_at = %(at)s WHERE id <= %(due)s", at=scene.now(), due=due)
            for part, megabytes in _run(scene, due if case == SOME_DUE else 0).items():
                found[f"{part}, {case}"] = megabytes
    return found


def _run(scene: Scene, mails: int) -> dict[str, list[float]]:
    """Run a worker and a clock until all is done, then look at them at every tick."""
    scene.execute("DELETE FROM tick WHERE name = 'house'")  # so that each worker makes an audit
    scene.execute("DELETE FROM setting WHERE name = 'audit'")
    worker, clock = scene.workers(1)[0], scene.region.clock(every=1)
    scene.wait_for_mail(mails, patience=1200)
    _wait_for_audit(scene)
    seen: dict[str, list[float]] = {part: [] for part in PARTS}
    for _ in range(SWEEPS):
        time.sleep(1)
        seen["worker"].append(sum(map(resident, [worker.popen.pid, *_children(worker.popen.pid)])))
        seen["clock"].append(resident(clock.popen.pid))
    clock.kill()
    worker.kill()
    return seen


def _wait_for_audit(scene: Scene, patience: float = 900.0) -> None:
    until = time.monotonic() + patience
    while not scene.ask("SELECT 1 FROM setting WHERE name = 'audit'"):
        if time.monotonic() > until:
            raise TimeoutError(f"no audit within {patience:g} s")
        time.sleep(1)


def _children(pid: int) -> list[int]:
    listed = (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - no paths are wanted
    return [child for child in listed if _parent(child) == pid]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0  # it has ended since
