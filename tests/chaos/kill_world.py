"""The world of T1: a clinic whose messages leave by email or by Teams, servers that kill, and processes that die."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select, update

from access.actors import OPERATOR
from demo.mailbox import DemoMailbox
from engine.connecting import set_team_channel
from engine.rulebook import publish
from engine.staffing import add_unit
from notifications.channels.teams import TeamsSettings
from storage import tables
from tests.chaos.stage import Kind, Stage, open_stage
from tests.house import PROGRAMME, PROV
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.processes import ROOT
from workflows.dates import local_date
from workflows.reader import read_definition

Channel = Literal["email", "teams"]
TEAM_PROGRAMME = "team"
ASLEEP = timedelta(hours=1)
TEAMS = 25  # units; each team takes 25 posts in five minutes
FIRST_RUNG = "- {at: 14 days before, to: coordinator}\n      - {at: 5 working"
BUSY = b"452 busy"
REF = re.compile(r"BV-[0-9A-Z]{4}-[0-9A-Z]{4}")
PROGRAM = (sys.executable, "-m", "tests.programs.victims", PROGRAMME, TEAM_PROGRAMME)


class Malice:
    """What the servers do to whoever brings the message of a case, the first time; and when they accepted what.

    `kept` and `dropped` kill a victim that has left its process id, `hung_up` only hangs up. What is not kept was never
    accepted.
    """

    def __init__(self, folder: Path, mailbox: DemoMailbox) -> None:
        self.accepted: dict[str, list[datetime]] = {}  # by case
        self._folder = folder
        self._plans: dict[str, str] = {}
        for kind in ("add_mail", "add_card"):
            setattr(mailbox, kind, self._between(getattr(mailbox, kind)))

    def plan(self, ref: str, what: str) -> None:
        """Let something happen to whoever brings the message of a case."""
        self._plans[ref] = what

    def forget(self, ref: str) -> bool:
        """Let nothing happen after all; say whether it was still to happen."""
        return self._plans.pop(ref, None) is not None

    def _between(self, honest: Any) -> Any:
        def add(raw: bytes, *more: Any) -> int:
            ref = REF.findall(raw.replace(b"=\r\n", b"").decode("utf-8", errors="replace"))[0]
            what = self._done_to(ref)
            if what == "hung_up":
                raise ConnectionAbortedError
            if what == "dropped":
                return 0
            self.accepted.setdefault(ref, []).append(datetime.now(UTC))
            number: int = honest(raw, *more)
            return number

        return add

    def _done_to(self, ref: str) -> str:
        what, victim = self._plans.get(ref, ""), self._folder / f"{ref}.pid"
        if what in ("kept", "dropped"):
            if not victim.exists():
                return ""  # somebody else was quicker
            os.kill(int(victim.read_text()), signal.SIGKILL)
        return self._plans.pop(ref, "")


@dataclass
class Victims:
    """The warm parent of all that die."""

    popen: "subprocess.Popen[str]"

    def order(self, step: str, refs: list[str], environment: dict[str, str]) -> tuple[int, datetime]:
        """Let one be born for a step; return the status it ended with, and when that was, UTC."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.popen.stdin.write(json.dumps({"step": step, "refs": refs, "environment": environment}) + "\n")
        self.popen.stdin.flush()
        status, at = self.popen.stdout.readline().split()
        return int(status), datetime.fromisoformat(at)


@dataclass
class World:
    """One database of T1, with everything around it."""

    kind: Kind
    stage: Stage
    malice: Malice
    victims: Victims
    busy: ScriptedSmtp
    opened: int = 0
    refs: dict[str, Channel] = field(default_factory=dict)  # of every case there is

    def start_recoverers(self) -> None:
        """Start the real processes that do what victims leave behind: a worker and a clock, or the embedded run."""
        region = self.stage.region
        if self.stage.broker is None:
            region.start("run", "--port", "0").has_said("http://", 180)
            return
        region.start("worker", "--concurrency", "2", "--name", "worker").has_said("worker: ", 180)
        region.start("clock", "--every", "5").has_said("clock: ticking", 180)

    def open_due(self, channel: Channel, number: int) -> list[str]:
        """Open cases of which each has exactly one message to come; none is due before somebody wakes it."""
        now = self.stage.region.now()
        target = local_date(now) + timedelta(days=10)  # the first reminder is 14 days before
        month = (target.replace(day=1) - timedelta(days=1)).replace(day=min(target.day, 28))
        self.opened += 1
        refs = self.stage.house.open_many(
            number,
            month.isoformat(),
            now=now,
            until=f"{target.year + 2}-12-31",
            programme=PROGRAMME if channel == "email" else TEAM_PROGRAMME,
            unit="north" if channel == "email" else f"team-{self.opened % TEAMS}",
        )
        self.refs |= dict.fromkeys(refs, channel)
        self._set_first_steps(refs, now + ASLEEP)
        return refs

    def wake(self, refs: Sequence[str]) -> None:
        """Let cases whose victim has left them asleep be due after all."""
        self._set_first_steps(refs, self.stage.region.now())

    def _set_first_steps(self, refs: Sequence[str], at: datetime) -> None:
        own = select(tables.case.c.id).where(tables.case.c.ref.in_(refs)).scalar_subquery()
        first = update(tables.deadline).where(tables.deadline.c.case_id.in_(own), tables.deadline.c.next_rung == 0)
        with self.stage.house.engine.database.write() as connection:
            connection.execute(first.values(next_at=at))


@contextmanager
def open_world(kind: Kind, lease: timedelta) -> Iterator[World]:
    """Give a world in which nothing runs yet that recovers; victims' leases are so long."""
    with open_stage(kind, broker=kind == "postgresql", durable=kind == "postgresql") as stage:
        _build_teams(stage)
        malice = Malice(stage.folder, stage.around.mailbox)
        with (
            _born(stage, lease) as victims,
            scripted_smtp(stage.around.certificates.server_context(), MAIL=BUSY) as busy,
        ):
            yield World(kind, stage, malice, victims, busy)


def _build_teams(stage: Stage) -> None:
    house, around = stage.house, stage.around
    text = PROV.read_text(encoding="utf-8").replace(f"programme: {PROGRAMME}", f"programme: {TEAM_PROGRAMME}")
    by_team = text.replace(FIRST_RUNG, FIRST_RUNG.replace("coordinator}", "coordinator, channel: teams}"))
    with house.engine.database.write() as connection:
        publish(connection, read_definition(by_team, "team.yaml"), datetime(2022, 1, 3, tzinfo=UTC))
    settings = TeamsSettings(trusted_origins=frozenset({around.teams.origin}), cafile=around.certificates.ca_file)
    codes = [f"team-{number}" for number in range(TEAMS)]
    units = {code: add_unit(stage.engine, code, f"Mottagning {code}", OPERATOR) for code in codes}
    for code in codes:
        set_team_channel(stage.engine, code, around.teams.url(code), settings, OPERATOR)
    stage.house = replace(house, units={**house.units, **units})


@contextmanager
def _born(stage: Stage, lease: timedelta) -> Iterator[Victims]:
    region = stage.region
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BEVAKA_")}
    more = {"SHIFT_SECONDS": str(region.shift.total_seconds()), "LEASE_SECONDS": str(lease.total_seconds())}
    environment = {**kept, **region.environment, **more, "PYTHONPATH": str(ROOT)}
    with (
        (stage.folder / "victims.txt").open("w") as said,
        subprocess.Popen(
            PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT, env=environment
        ) as popen,
    ):
        assert popen.stdout is not None
        assert popen.stdout.readline() == "ready\n"
        yield Victims(popen)
