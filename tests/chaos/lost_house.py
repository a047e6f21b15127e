"""A house that is lost after its backup, and the one made of it on a blank host by the commands of the guide."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from access.actors import OPERATOR, Actor
from access.identities import IdentityUnreadableError
from engine.holding import held_messages
from engine.inspecting import identity_of
from engine.replaying import replay_all
from engine.staffing import actor_of
from engine.sweeping import sweep
from storage.tables import case
from tests.chaos.mail_faults import certificates
from tests.chaos.region_house import RegionHouse, region_house, wired
from tests.chaos.total_queue import Account, message_ids, take_account
from tests.embedded import until
from tests.house import ROLES, House
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.processes import Region, region
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer
from workflows.dates import local_date

TICKS = 2  # that pass on hold without a mail
PATIENCE = 300.0
SYNTHETIC = "Prov Testperson"  # what every name of the tests begins with


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. Times are in seconds.

    Attributes:
        cases: how many the lost house had; `readable`: those whose person can be read in the new one.
        diverging: cases that do not follow from their histories; `replay` is the status of `bevaka replay`.
        sent_before: mails that the lost house had sent; `again`: those of them that were sent once more.
        on_hold: mails that left before anybody had released the house.
        owed: reminders due and not sent; `arrived`: those that arrived once.
        back_up, restore, whole: how long the backup took, the restore alone, and from the blank host to a house that
            is checked, running and released.
        octets: the size of the backup.
    """

    kind: str
    cases: int
    readable: int
    diverging: int
    replay: int
    sent_before: int
    again: int
    on_hold: int
    owed: int
    arrived: int
    back_up: float
    restore: float
    whole: float
    octets: int
    account: Account


@dataclass
class _World:
    """What is there before and after the loss."""

    kind: str
    urls: tuple[str, str]
    environment: Mapping[str, str]
    mail: ScriptedSmtp
    safe: Path  # where the backup and the key file are kept

    def start(self, place: Region) -> None:
        """Start the processes of a house."""
        if self.kind == "SQLite":
            place.start("run", "--port", "0").has_said("ready in", PATIENCE)
        else:
            place.worker()
            place.clock()


def lose_and_restore(kind: str, idle: int, due: int) -> Restored:
    """Let a house with `idle` cases send `due` reminders and owe as many, lose it, and make it anew."""
    with _world(kind) as world:
        with region_house(world.urls[0], world.environment) as lost:
            lost.region.patience = PATIENCE
            before = _live(world, lost, idle, due)
            back_up = _timed(lost.region, "backup", str(world.safe / "house.zip"))
            shutil.copy(lost.folder / "keyring.json", world.safe / "keyring.json")
        with TemporaryDirectory() as folder:
            return _made_anew(world, lost.house, Path(folder), before, due, back_up)


@contextmanager
def _world(kind: str) -> Iterator[_World]:
    with ExitStack() as stack:
        tls = stack.enter_context(certificates())
        mail = stack.enter_context(scripted_smtp(tls.server_context(), patience=60))
        environment = {
            "BEVAKA_SMTP_HOST": "localhost",
            "BEVAKA_SMTP_PORT": str(mail.port),
            "BEVAKA_SMTP_CAFILE": str(tls.ca_file),
        }
        safe = Path(stack.enter_context(TemporaryDirectory()))
        urls = (f"sqlite:///{safe / 'lost.sqlite'}", f"sqlite:///{safe / 'new.sqlite'}")
        if kind != "SQLite":
            environment["BEVAKA_REDIS_URL"] = stack.enter_context(ValkeyServer(private=True)).url
            server = stack.enter_context(PostgresServer(durable=True))
            urls = (server.create_database(), server.create_database())
        yield _World(kind, urls, environment, mail, safe)


def _live(world: _World, lost: RegionHouse, idle: int, due: int) -> list[str]:
    """Send what is due; then let as much be due again, half of it swept, and nobody there to send it."""
    now, today = lost.region.now(), local_date(lost.region.now())
    lost.house.open_many(idle, today.isoformat(), now=now, until=f"{today.year + 2}-12-31")
    lost.open_due(due)
    world.start(lost.region)
    until(lambda: len(world.mail.bodies) >= due, f"{due} reminders", PATIENCE)
    for process in lost.region.started:
        process.stop()
    sent = list(message_ids(world.mail.bodies))
    lost.open_due(due - due // 2)
    sweep(lost.house.engine, lost.region.now())
    lost.open_due(due // 2)
    return sent


def _made_anew(world: _World, lost: House, folder: Path, before: list[str], due: int, back_up: float) -> Restored:
    settings = {"BEVAKA_DATA_DIR": str(folder), "BEVAKA_DATABASE_URL": world.urls[1], **world.environment}
    with region(folder, settings) as place:
        place.patience = PATIENCE
        began = time.monotonic()
        shutil.copy(world.safe / "keyring.json", folder / "keyring.json")
        restore = _timed(place, "restore", str(world.safe / "house.zip"))
        replay = place.run("replay").returncode
        world.start(place)
        house = wired(lost, settings, place.now)
        _ticks_pass(house)
        on_hold = len(world.mail.bodies) - len(before)
        _timed(place, "release-hold", "--yes")
        until(lambda: _held(house) >= due, f"{due} held messages", PATIENCE)
        _timed(place, "outbox", "release")
        whole = time.monotonic() - began
        until(lambda: len(world.mail.bodies) >= len(before) + due, "what is owed", PATIENCE)
        until(lambda: _is_calm(house, world, place.now()), "calm", PATIENCE)
        times = (back_up, restore, whole)
        return _compared(world, house, place, before, due, times, replay, on_hold)


def _timed(place: Region, *arguments: str) -> float:
    began = time.monotonic()
    done = place.run(*arguments)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def _ticks_pass(house: House) -> None:
    begun = house.count("tick")
    until(lambda: house.count("tick") >= begun + TICKS, "ticks on hold", PATIENCE)


def _held(house: House) -> int:
    return sum(group.number for group in held_messages(house.engine, OPERATOR) if group.kind == "reminder")


def _is_calm(house: House, world: _World, now: datetime) -> bool:
    account = take_account(house.engine, world.mail.bodies, now)
    return account.lost == account.waiting == account.unaccounted == 0


def _compared(
    world: _World,
    house: House,
    place: Region,
    before: list[str],
    due: int,
    times: tuple[float, float, float],
    replay: int,
    on_hold: int,
) -> Restored:
    arrived = Counter(message_ids(world.mail.bodies))
    with house.engine.database.read() as connection:
        refs = list(connection.execute(select(case.c.ref)).scalars())
    reader = actor_of(house.engine, ROLES["coordinator"])
    account = take_account(house.engine, world.mail.bodies, place.now())
    found = Restored(
        kind=world.kind,
        cases=len(refs),
        readable=sum(_is_readable(house, ref, reader, place.now()) for ref in refs),
        diverging=len(replay_all(house.engine, place.now()).divergences),
        replay=replay,
        sent_before=len(before),
        again=sum(arrived[one] > 1 for one in before),
        on_hold=on_hold,
        owed=due,
        arrived=sum(count == 1 for one, count in arrived.items() if one not in set(before)),
        back_up=times[0],
        restore=times[1],
        whole=times[2],
        octets=(world.safe / "house.zip").stat().st_size,
        account=account,
    )
    house.engine.database.close()
    return found


def _is_readable(house: House, ref: str, reader: Actor, now: datetime) -> bool:
    try:
        return identity_of(house.engine, ref, reader, now).name.startswith(SYNTHETIC)
    except IdentityUnreadableError:
        return False
