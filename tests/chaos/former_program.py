"""The program as it was before the newest migration, taken from this repository's history, going on beside the next."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import update

from storage import schema
from storage.tables import deadline
from tests.chaos.mail_faults import certificates
from tests.chaos.region_house import RegionHouse, region_house
from tests.chaos.total_queue import Account, is_accounted_for, take_account
from tests.embedded import until
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.processes import Process
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

ROOT = Path(__file__).parents[2]
SCRIPTS = "storage/migrations/versions"
EACH = 5  # reminders of one lot
FAR_OFF = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade under the feet of running processes showed.

    Attributes:
        lots: how many lots of reminders were sent before, after, beside the next program, and by the next alone.
        errors: errors told by the former program, and processes of it that ended by themselves.
        arrived: mails that were accepted; `owed`: reminders that were due.
    """

    commit: str
    lots: int
    errors: int
    arrived: int
    owed: int
    account: Account


@dataclass
class _Upgrade:
    clinic: RegionHouse
    mail: ScriptedSmtp
    owed: int = 0
    put_off: list[int] = field(default_factory=list)  # deadlines whose reminder is to be due later

    def open_cases(self, lots: int) -> None:
        """Open the cases of so many lots, and put their reminders off: this process opens none on a former schema."""
        self.clinic.open_due(lots * EACH)
        now = self.clinic.region.now()
        later = update(deadline).where(deadline.c.next_at <= now).values(next_at=now + FAR_OFF)
        with self.clinic.house.engine.database.write() as connection:
            self.put_off = list(connection.execute(later.returning(deadline.c.id)).scalars())

    def pass_lots(self, number: int) -> None:
        """Let reminders be due, lot by lot, and wait until each has arrived."""
        for _ in range(number):
            lot, self.put_off = self.put_off[:EACH], self.put_off[EACH:]
            due = update(deadline).where(deadline.c.id.in_(lot)).values(next_at=self.clinic.region.now())
            with self.clinic.house.engine.database.write() as connection:
                connection.execute(due)
            self.owed += EACH
            until(lambda: len(self.mail.bodies) >= self.owed, f"{self.owed} reminders", 120)


def former_commit() -> str | None:
    """Return the commit before the newest migration came; None where this is no repository with its history."""
    newest = sorted((ROOT / SCRIPTS).glob("0*.py"))[-1]
    told = _git("log", "--diff-filter=A", "--format=%H", "--", f"{SCRIPTS}/{newest.name}")
    commits = told.stdout.decode().split()
    if told.returncode != 0 or not commits:
        return None
    before = _git("rev-parse", "--verify", "--quiet", f"{commits[-1]}^")
    return before.stdout.decode().strip() or None


def revision_of(commit: str) -> str:
    """Return the newest schema revision that the program of a commit knows."""
    listed = _git("ls-tree", "--name-only", commit, f"{SCRIPTS}/").stdout.decode().split()
    names = [Path(name).name for name in listed]
    return max(name.partition("_")[0] for name in names if name[:1].isdigit())


def _git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)


@contextmanager
def former_tree(commit: str) -> Iterator[Path]:
    """Give a folder with the program of a commit."""
    with TemporaryDirectory() as folder:
        packed = _git("archive", commit)
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        yield Path(folder)


def upgrade_beneath(commit: str, lots: int) -> Upgraded:
    """Upgrade the schema while the former program works; let the next one join it, and take over."""
    with former_tree(commit) as tree, _upgrade() as place:
        region, database = place.clinic.region, place.clinic.house.engine.database
        place.open_cases(4 * lots)
        schema.downgrade(database, revision_of(commit))
        own = (sys.executable, str(tree / "tests/programs/shifted.py"))
        former = [
            region.start("worker", "--concurrency", "2", "--name", "former", program=own, PYTHONPATH=str(tree)),
            region.start("clock", "--every", "1", program=own, PYTHONPATH=str(tree)),
        ]
        for process, ready in zip(former, ("worker: ", "clock: "), strict=True):
            process.has_said(ready)
        place.pass_lots(lots)
        migrated = region.run("migrate")
        assert migrated.returncode == 0, migrated.stderr
        place.pass_lots(lots)
        region.worker(name="next")
        region.clock()
        place.pass_lots(lots)
        errors = sum(_errors(process) for process in former)
        for process in former:
            process.stop()
        place.pass_lots(lots)
        now, house = region.now(), place.clinic.house
        until(lambda: is_accounted_for(house.engine, now), "everything accounted for", 60)
        account = take_account(house.engine, place.mail.bodies, now)
        arrived = len(place.mail.bodies)
        return Upgraded(commit, 4 * lots, errors, arrived, place.owed, account)


def _errors(process: Process) -> int:
    """Count what a process told as an error, and its end if it has ended."""
    ended = process.popen.poll() is not None
    return ended + sum(_level(line) in {"error", "critical"} for line in process.text.splitlines())


def _level(line: str) -> str:
    try:
        return str(json.loads(line).get("level"))
    except (ValueError, AttributeError):
        return "critical" if line.startswith("Traceback") else ""


@contextmanager
def _upgrade() -> Iterator[_Upgrade]:
    with ExitStack() as stack:
        tls = stack.enter_context(certificates())
        mail = stack.enter_context(scripted_smtp(tls.server_context(), patience=60))
        broker = stack.enter_context(ValkeyServer(private=True))
        server = stack.enter_context(PostgresServer())
        environment = {
            "BEVAKA_SMTP_HOST": "localhost",
            "BEVAKA_SMTP_PORT": str(mail.port),
            "BEVAKA_SMTP_CAFILE": str(tls.ca_file),
            "BEVAKA_REDIS_URL": broker.url,
        }
        clinic = stack.enter_context(region_house(server.create_database(), environment))
        yield _Upgrade(clinic, mail)
