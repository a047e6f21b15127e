"""A whole house on a disk that fills up and is freed: real processes, a browser, reminders due meanwhile."""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import func, select

from engine.replaying import replay_all
from storage.tables import case, history
from tests.chaos.mail_faults import certificates
from tests.chaos.region_house import RegionHouse, region_house
from tests.chaos.small_disk import Disk
from tests.chaos.total_queue import is_accounted_for, take_account
from tests.chaos.workplace import Workplace
from tests.embedded import until
from tests.house import ROLES
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.processes import Process
from tests.servers.postgres import PostgresServer, libpq_url
from tests.servers.valkey import ValkeyServer, free_port

CONSENTS = ("record_consent", "withdraw_consent")
WANTED = 20  # refusals to be seen while the disk is full
WORDS = "går inte att använda just nu"  # of the page that tells of it
TO_THE_LAST = "PostgreSQL, its log too"
MOST_SEGMENTS = 20
WAL = {"min_wal_size": "32MB", "max_wal_size": "32MB"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a full disk did to a house.

    Attributes:
        answers: how often each status was the answer while the disk was full (0: none).
        slowest: the longest any of these answers took, in seconds.
        told: of the refusals, how many said clearly what is wrong.
        acknowledged: events that were confirmed, ever; `found`: those the history has.
        possible: events that may have been applied though their answer was no confirmation.
        diverging: cases that do not follow from their histories.
        recovered: seconds from room on the disk to the next confirmed event.
        restarted: the database server had ended and was started again.
        ended: processes of ours that had ended.
        arrived: mails accepted by the server; `owed`: reminders that were due, half of them while the disk was full.
    """

    kind: str
    answers: dict[str, int]
    slowest: float
    told: int
    acknowledged: int
    found: int
    possible: int
    diverging: int
    recovered: float
    restarted: bool
    ended: int
    arrived: int
    owed: int
    account: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Living:
    """The parts of one run."""

    clinic: RegionHouse
    mail: ScriptedSmtp
    processes: list[Process]
    background: list[Process]  # of these, those that need no answering while time is stopped
    postgres: PostgresServer | None
    web: Process

    @property
    def pids(self) -> list[int]:
        """Every process that writes to the disk."""
        server = [self.postgres.pid] if self.postgres else []
        return [*(one.popen.pid for one in self.processes), *server]

    def signal(self, number: signal.Signals) -> None:
        """Stop time, or let it go on."""
        for process in self.background:
            os.killpg(process.popen.pid, number)


def fill_up(kind: str, events: int, due: int, disk: Disk) -> Seen:
    """Let a house live, fill its disk while reminders are due and people work, free it, and see."""
    with _living(kind) as living:
        clinic = living.clinic
        ref = clinic.open_due(due)[0]
        until(lambda: len(living.mail.bodies) >= due, f"{due} reminders", 60)
        place = Workplace.enter(living.web.text, clinic.region, ROLES["coordinator"])
        assert place.happen(ref, CONSENTS[0]).status == 303
        living.signal(signal.SIGSTOP)
        clinic.open_due(due)
        _shrink(living)
        disk.fill(living.pids)
        if kind == TO_THE_LAST:
            _use_up_log(living)
        living.signal(signal.SIGCONT)
        full = _work(place, ref, events)
        disk.free()
        recovered, restarted = _recover(living, place, ref)
        until(lambda: len(living.mail.bodies) >= 2 * due, f"{2 * due} reminders", 120)
        until(lambda: is_accounted_for(clinic.house.engine, clinic.region.now()), "everything accounted for", 60)
        return _seen(kind, living, place, ref, full, recovered, restarted, 2 * due)


@contextmanager
def _living(kind: str) -> Iterator[_Living]:
    with ExitStack() as stack:
        tls = stack.enter_context(certificates())
        mail = stack.enter_context(scripted_smtp(tls.server_context(), patience=60))
        environment = {
            "BEVAKA_SMTP_HOST": "localhost",
            "BEVAKA_SMTP_PORT": str(mail.port),
            "BEVAKA_SMTP_CAFILE": str(tls.ca_file),
        }
        if kind == "SQLite":
            folder = Path(stack.enter_context(TemporaryDirectory()))
            clinic = stack.enter_context(region_house(f"sqlite:///{folder / 'house.sqlite'}", environment))
            whole = clinic.region.start("run", "--port", "0").has_said("ready in")
            yield _Living(clinic, mail, [whole], [whole], None, whole)
            return
        broker = stack.enter_context(ValkeyServer(private=True))
        server = stack.enter_context(PostgresServer(durable=True, settings=WAL))
        environment["BEVAKA_REDIS_URL"] = broker.url
        clinic = stack.enter_context(region_house(server.create_database(), environment))
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        web = clinic.region.start("web", "--port", str(port), BEVAKA_PUBLIC_URL=address).has_said("web: ")
        others = [clinic.region.worker(), clinic.region.clock()]
        yield _Living(clinic, mail, [web, *others], others, server, web)


def _shrink(living: _Living) -> None:
    """Give back what the database has set aside, so that the next write needs room."""
    url = living.clinic.house.engine.database.url
    if living.postgres is None:
        with closing(sqlite3.connect(str(url.database))) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _use_up_log(living: _Living) -> None:
    """Let PostgreSQL use what it had set aside for its log, until it has to give up."""
    address = libpq_url(living.clinic.house.engine.database.url.render_as_string(hide_password=False))
    with suppress(psycopg.Error):
        for _ in range(MOST_SEGMENTS):
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("SELECT pg_logical_emit_message(true, 'trial', 'x')")
                connection.execute("SELECT pg_switch_wal()")


def _work(place: Workplace, ref: str, events: int) -> list[tuple[int, float, str]]:
    """Try to work until enough was refused; return what came back."""
    for number in range(events):
        place.happen(ref, CONSENTS[(number + 1) % 2])
        if sum(one.status != 303 for one in place.answers) >= WANTED:
            break
    return [(one.status, one.seconds, one.text) for one in place.answers]


def _recover(living: _Living, place: Workplace, ref: str) -> tuple[float, bool]:
    began = time.monotonic()
    restarted = False
    while place.happen(ref, CONSENTS[0]).status != 303:
        assert time.monotonic() - began < 120, place.answers[-1]
        if living.postgres is not None and not _is_up(living.postgres):
            living.postgres.restart()
            restarted = True
        time.sleep(0.2)
    return time.monotonic() - began, restarted


def _is_up(server: PostgresServer) -> bool:
    try:
        return server.pid > 0
    except Exception:  # noqa: BLE001 - whatever says that it is not running
        return False


def _seen(
    kind: str,
    living: _Living,
    place: Workplace,
    ref: str,
    full: list[tuple[int, float, str]],
    recovered: float,
    restarted: bool,
    owed: int,
) -> Seen:
    house, now = living.clinic.house, living.clinic.region.now()
    house.engine.database.close()
    query = select(func.count()).select_from(history).join(case, case.c.id == history.c.case_id)
    with house.engine.database.read() as connection:
        found = connection.execute(query.where(case.c.ref == ref, history.c.event.in_(CONSENTS))).scalar_one()
    confirmed = sum(one.status == 303 for one in place.answers)
    return Seen(
        kind=kind,
        answers={str(status): count for status, count in Counter(status for status, _, _ in full).items()},
        slowest=max(seconds for _, seconds, _ in full),
        told=sum(status == 503 and WORDS in text for status, _, text in full),
        acknowledged=confirmed,
        found=found,
        possible=len(place.answers) - confirmed,
        diverging=len(replay_all(house.engine, now).divergences),
        recovered=recovered,
        restarted=restarted,
        ended=sum(one.popen.poll() is not None for one in living.processes),
        arrived=len(living.mail.bodies),
        owed=owed,
        account=asdict(take_account(house.engine, living.mail.bodies, now)),
    )
