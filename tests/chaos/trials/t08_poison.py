"""T8: messages that harm whoever sends them, among many others: they are set aside, visibly, and the rest leaves."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import redis
import yaml
from sqlalchemy import func, select, update

from engine.outcomes import POISON, POSTMAN_KILLED
from engine.sweeping import sweep
from storage.tables import case, outbox
from tests.chaos.crews import go_home, start_crew
from tests.chaos.stage import Stage, open_stage
from tests.chaos.total_queue import TABLE, Account
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.embedded import until
from tests.processes import Process, python_program
from tests.programs.poisoned import POISONS
from tests.servers.valkey import free_port

PROGRAM = python_program("poisoned")
JOB = "tests.programs.poisoned:deliver_poisoned"
MOST_TRIES, ALERT_WITHIN = 5, 300.0
# What is stored of a message and cannot be understood: of its own row (columns), or of its case's.
UNREADABLE: Mapping[str, Mapping[str, Any]] = {
    "payload without sense": {"payload": {"late": "<script>", "more": ["and", "more"]}, "kind": "?"},
    "payload that is a list": {"payload": [1, 2, 3]},
    "unknown kind": {"kind": "nonsense"},
}
LATER = timedelta(days=1)
UNKNOWN_VERSION, NO_JSON, SLEEPS = "unknown version", "payload that is no JSON", "sleeps"


@dataclass(frozen=True, slots=True)
class Load:
    """How many messages, how many of them poison, and how long leases are (None: as they are).

    `limit` is for how many seconds a task may last, so that nobody waits five times for the real four minutes.
    """

    due: int
    poison: int
    limit: float
    lease: float | None
    patience: float


LOADS: Mapping[Size, Load] = {Size.SHORT: Load(20, 9, 5.0, 2.0, 180), Size.WHOLE: Load(1000, 20, 20.0, None, 1500)}


@dataclass(frozen=True, slots=True)
class Told:
    """What one database showed."""

    checks: Sequence[Check]
    kinds: Mapping[str, int]
    account: Account


def run(size: Size) -> Finding:
    """Let workers (PostgreSQL) and a postman that is begun anew (SQLite) choke on poison, side by side."""
    load = LOADS[size]
    with ThreadPoolExecutor(2) as pool:
        running = {"postgresql": pool.submit(_on_postgresql, load), "sqlite": pool.submit(_on_sqlite, load)}
        seen = {kind: future.result() for kind, future in running.items()}
    named = [(kind, check) for kind, told in seen.items() for check in told.checks]
    checks = [Check(f"{kind}: {check.promise}", check.seen, check.kept) for kind, check in named]
    kinds = "; ".join(f"{kind}: {_counted(told.kinds)}" for kind, told in seen.items())
    lease = f", leases of {load.lease:.0f} s" if load.lease else ""
    return Finding(
        f"{load.poison} in {load.due} ({kinds}), tasks of at most {load.limit:.0f} s{lease}",
        checks,
        TABLE + "\n".join(told.account.row(kind) for kind, told in seen.items()),
    )


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


def _on_postgresql(load: Load) -> Told:
    kinds = [*POISONS, *UNREADABLE, UNKNOWN_VERSION]
    with open_stage("postgresql", broker=True) as stage:
        poisons = _poison(stage, load, kinds)
        port = free_port()
        stage.region.start("web", "--port", str(port), BEVAKA_PUBLIC_URL=f"http://127.0.0.1:{port}").has_said("web: ")
        worker = _worker(stage, load)
        stage.region.clock()
        _spoil(stage, poisons)  # only now: nobody starts where a case's version is not published
        _send_garbage(stage)
        seen = _figure_rises(stage, port, len(poisons), load.patience)
        stage.drain(load.patience)
        extra = [
            Check("the worker lives on, whatever the broker gives it", *_lives(worker)),
            Check(f"alert within {ALERT_WITHIN / 60:.0f} min of the first", *_alert(seen)),
        ]
        return _told(stage, load, poisons, extra)


def _on_sqlite(load: Load) -> Told:
    kinds = [*(kind for kind in POISONS if kind != SLEEPS), *UNREADABLE, UNKNOWN_VERSION, NO_JSON]
    with open_stage("sqlite") as stage:
        poisons = _poison(stage, load, kinds)
        _spoil(stage, poisons)
        crew = start_crew(stage, JOB, 1, **_settings(stage, load))
        until(lambda: len(_set_aside(stage, poisons)) == len(poisons), "all poison to be set aside", load.patience)
        stage.drain(load.patience)
        go_home(crew)
        killed = [status for status in crew.ended() if status < 0]
        extra = [Check("the postman was killed and begun anew", f"{len(killed)} times", bool(killed))]
        return _told(stage, load, poisons, extra)


def _settings(stage: Stage, load: Load) -> dict[str, str]:
    lease = {"LEASE_SECONDS": str(load.lease)} if load.lease else {}
    return {"POISON": str(_file(stage)), "TIME_LIMIT": str(load.limit), **lease}


def _worker(stage: Stage, load: Load) -> Process:
    options = ("worker", "--concurrency", "2")
    return stage.region.start(*options, program=PROGRAM, **_settings(stage, load)).has_said("worker: ")


def _file(stage: Stage) -> Path:
    return stage.folder / "poison.json"


def _poison(stage: Stage, load: Load, kinds: Sequence[str]) -> dict[int, str]:
    """Queue messages for later and choose the poisonous ones, spread evenly; return their kinds by id."""
    stage.open_due(load.due)
    sweep(stage.house.engine, stage.region.now())
    with stage.engine.database.write() as connection:
        connection.execute(update(outbox).values(not_before=stage.region.now() + LATER))
        rows = connection.execute(select(outbox.c.id, outbox.c.key).order_by(outbox.c.id)).all()
    chosen = rows[:: load.due // load.poison][: load.poison]
    poisons = {row.id: kinds[place % len(kinds)] for place, row in enumerate(chosen)}
    harmful = {row.key: poisons[row.id] for row in chosen if poisons[row.id] in POISONS}
    _file(stage).write_text(json.dumps(harmful), encoding="utf-8")
    return poisons


def _spoil(stage: Stage, poisons: Mapping[int, str]) -> None:
    """Make what is stored of messages unreadable, and let all leave."""
    with stage.engine.database.write() as connection:
        connection.execute(update(outbox).values(not_before=outbox.c.created_at))
        for message, kind in poisons.items():
            mine = outbox.c.id == message
            if kind == UNKNOWN_VERSION:
                its_case = select(outbox.c.case_id).where(mine).scalar_subquery()
                connection.execute(update(case).where(case.c.id == its_case).values(version="never published"))
            elif kind == NO_JSON:
                connection.exec_driver_sql("UPDATE outbox SET payload = '{' WHERE id = ?", (message,))
            elif kind in UNREADABLE:
                connection.execute(update(outbox).where(mine).values(**UNREADABLE[kind]))


def _send_garbage(stage: Stage) -> None:
    if stage.broker is not None:
        with redis.Redis.from_url(stage.broker.url) as client:
            client.lpush("bevaka:post", "{this is no JSON")


def _set_aside(stage: Stage, poisons: Mapping[int, str]) -> Sequence[Any]:
    """Return the poisonous messages that have been given up as such."""
    columns = (outbox.c.id, outbox.c.attempts, outbox.c.error, outbox.c.done_at)
    given_up = (outbox.c.state == "dead") & outbox.c.error.in_((POISON, POSTMAN_KILLED))
    with stage.engine.database.read() as connection:
        return connection.execute(select(*columns).where(given_up, outbox.c.id.in_(poisons))).all()


@dataclass(frozen=True, slots=True)
class Rise:
    """How the figure that the alert reads followed the first message set aside: seconds later, and where it ended."""

    seconds: float
    figure: float


def _figure_rises(stage: Stage, port: int, number: int, patience: float) -> Rise:
    """Ask the web for the figure until so many are set aside."""
    figure, late = 0.0, patience

    def asked() -> bool:
        nonlocal figure, late
        before, figure = figure, _quarantined(client)
        if figure and not before:
            late = (stage.region.now() - _first_set_aside(stage)).total_seconds()
        return figure >= number

    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        until(asked, "all poison to be set aside", patience)
    return Rise(late, figure)


def _quarantined(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    told = [line.rpartition(" ")[2] for line in lines if line.startswith('bevaka_quarantined{what="message"}')]
    return float(told[0])


def _first_set_aside(stage: Stage) -> datetime:
    given_up = outbox.c.error.in_((POISON, POSTMAN_KILLED))
    with stage.engine.database.read() as connection:
        first: datetime = connection.execute(select(func.min(outbox.c.done_at)).where(given_up)).scalar_one()
        return first


def _alert(seen: Rise) -> tuple[str, bool]:
    """Reckon when Prometheus fires: when the figure is up, and has been for as long as the rule waits."""
    rules = yaml.safe_load(Path("docs/alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    rule = next(rule for rule in rules if rule["alert"] == "BevakaQuarantined")
    waits = float(rule["for"].removesuffix("m")) * 60
    words = f"bevaka_quarantined up {seen.seconds:.1f} s after it, {seen.figure:.0f} in the end;"
    return f"{words} the rule waits {waits:.0f} s", seen.seconds + waits <= ALERT_WITHIN


def _lives(worker: Process) -> tuple[str, bool]:
    lives = worker.popen.poll() is None
    return "lives" if lives else worker.text[-500:], lives


def _told(stage: Stage, load: Load, poisons: Mapping[int, str], extra: Sequence[Check]) -> Told:
    aside = _set_aside(stage, poisons)
    most = max((row.attempts for row in aside), default=0)
    sent = _sent(stage)
    good = load.due - len(poisons)
    _publish_again(stage)
    account = stage.account()
    checks = [
        Check(f"{len(poisons)} set aside", str(len(aside)), len(aside) == len(poisons)),
        Check(f"after at most {MOST_TRIES} tries", str(most), 0 <= most <= MOST_TRIES),
        Check(f"the other {good} sent", str(sent), sent == good),
        *extra,
        # A postman killed between what a server accepted and the record of it costs a copy that says so (T1, K6).
        *account.checks(most_duplicates=None),
    ]
    return Told(checks, Counter(poisons.values()), account)


def _sent(stage: Stage) -> int:
    """Return how many of the reminders were sent (not alarms about poison, nor what was tried instead)."""
    wanted = (outbox.c.slot == "coordinator:email") & (outbox.c.outcome == "sent")
    with stage.engine.database.read() as connection:
        return len(connection.execute(select(outbox.c.id).where(wanted)).all())


def _publish_again(stage: Stage) -> None:
    """Mend what only a human can: the cases whose version was not published, which the audit rightly names."""
    with stage.engine.database.write() as connection:
        connection.execute(update(case).where(case.c.version == "never published").values(version="1"))


TRIAL = Trial("T8", "Messages that harm whoever sends them", run)
