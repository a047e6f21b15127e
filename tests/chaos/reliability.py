"""`docs/reliability.md`: what every trial showed when it was last run whole, and the command that runs it again."""

import json
from pathlib import Path
from typing import Any

from tests.chaos.trial import Finding, Trial

FINDINGS = Path("docs/reliability.json")
PAGE = Path("docs/reliability.md")

HEAD = """# What happens when it breaks

Every row was broken on purpose, with real processes and servers (PostgreSQL, SQLite, Valkey, SMTP, HTTP), and
drained to the end: what went in must have come out. The page is written by `python -m tests.chaos --write`, from
the last time each trial was run whole. A short part of every trial runs in CI (`make test-slow`).

"""


def remember(trial: Trial, finding: Finding, day: str) -> None:
    """Keep what a trial run whole showed (`day` is ISO), and write the page anew."""
    found: dict[str, Any] = json.loads(FINDINGS.read_text(encoding="utf-8")) if FINDINGS.exists() else {}
    found[trial.number] = {
        "title": trial.title,
        "day": day,
        "load": finding.load,
        "checks": [[check.promise, check.seen, check.kept] for check in finding.checks],
        "table": finding.table,
    }
    FINDINGS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")


def page(found: dict[str, Any]) -> str:
    """Return the page for what was found."""
    numbers = sorted(found, key=lambda number: int(number[1:]))
    rows = "\n".join(_row(number, found[number]) for number in numbers)
    tables = "".join(_details(number, found[number]) for number in numbers if found[number]["table"])
    head = "| | broken | load | promised: seen | again |\n|---|---|---|---|---|\n"
    return f"{HEAD}{head}{rows}\n{tables}"


def _row(number: str, told: dict[str, Any]) -> str:
    checks = "<br>".join(f"{promise}: **{seen}**{'' if kept else ' ✗'}" for promise, seen, kept in told["checks"])
    again = f"`python -m tests.chaos {number}`"
    title = told["title"][0].upper() + told["title"][1:]
    return f"| {number} | {title} | {told['load']} ({told['day']}) | {checks} | {again} |"


def _details(number: str, told: dict[str, Any]) -> str:
    return f"\n## {number}: {told['title']}\n\n{told['table']}\n"
