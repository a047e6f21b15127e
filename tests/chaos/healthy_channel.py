"""How long a message on a healthy channel takes while the other channel hangs: real workers, real servers."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from celery import Celery
from sqlalchemy import insert, select

from access.actors import OPERATOR
from demo.certificates import DemoCertificates
from engine.connecting import set_team_channel
from engine.sweeping import sweep
from notifications.channels.teams import TeamsSettings
from storage.tables import outbox, unit
from tests.chaos.region_house import RegionHouse, region_house
from tests.chaos.total_queue import Account, take_account
from tests.chaos.virtual_time import VirtualClock, settle
from tests.embedded import until
from tests.house import House
from tests.misbehaving.scripted_smtp import ScriptedSmtp, Silly, scripted_smtp
from tests.misbehaving.scripted_webhook import Answer, ScriptedWebhook, scripted_webhook
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer
from workflows.dates import local_date

WARM = 4  # cards that go first: a process loads what it needs with its first task
EACH = 20  # cards a team gets: below what its connection takes one by one
LONG_OVERDUE = timedelta(days=50)  # since the decision: the team is told
_REF = re.compile(rb"BV-[0-9A-Z]{4}-[0-9A-Z]{4}")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from commit to arrival at Teams, each, while email was well and while it hung."""

    well: list[float]
    hanging: list[float]
    hung: int  # connections to the mail server that hung
    account: Account
    cards_lost: int
    cards_twice: int

    @property
    def p95(self) -> tuple[float, float]:
        """The 95th percentiles, in seconds."""
        return quantiles(self.well, n=20)[-1], quantiles(self.hanging, n=20)[-1]


@dataclass
class _Place:
    """What one run is made of."""

    clinic: RegionHouse
    broker: str
    server: ScriptedSmtp
    hook: ScriptedWebhook

    def feed(self, unit_code: str) -> float:
        """Let one card to a team (and some mails) be due, and return how long the card took."""
        decided = local_date(self.clinic.region.now()) - LONG_OVERDUE
        house = self.clinic.house
        ref = house.open_case(decided.isoformat(), now=self.clinic.region.now(), unit=unit_code, until="2030-12-31")
        sweep(house.engine, self.clinic.region.now())
        committed = time.monotonic()
        with Celery(broker=self.broker) as caller:
            caller.conf.broker_transport_options = {"global_keyprefix": "bevaka:"}
            caller.send_task("bevaka.deliver", queue="post")
        until(lambda: any(ref.encode() in card for card in self.hook.posted[-5:]), f"a card about {ref}", 60)
        return time.monotonic() - committed

    def cards_are_recorded(self) -> bool:
        """Say whether nothing for a team waits or is being sent."""
        with self.clinic.house.engine.database.read() as connection:
            under_way = outbox.c.state.in_(["queued", "sending"]) & (outbox.c.channel == "teams")
            return connection.execute(select(outbox.c.id).where(under_way)).first() is None


def measure(number: int, tls: DemoCertificates) -> Pace:
    """Feed `number` cards while email is well, and as many while the mail server hangs; then let everything drain."""
    with _place(number, tls) as place:
        worker = place.clinic.region.worker("--queues", "post")
        for _ in range(WARM):
            place.feed("u0")
        well = [place.feed(f"u{count // EACH}") for count in range(number)]
        place.server.answers["greeting"] = [Silly.SILENT]
        hung = place.server.connections
        place.feed("v0")
        hanging = [place.feed(f"v{count // EACH}") for count in range(number)]
        hung = place.server.connections - hung
        until(place.cards_are_recorded, "every card recorded", 60)  # else the kill would fall into that window
        worker.kill()
        place.server.answers["greeting"] = [b"220 scripted"]
        return _drained(place, well, hanging, hung)


def _drained(place: _Place, well: list[float], hanging: list[float], hung: int) -> Pace:
    clock = VirtualClock(place.clinic.region.now())
    with place.clinic.by(clock) as house:
        settle(house, clock)
        cards = Counter(ref for card in place.hook.posted for ref in _refs(card))
        cases = house.count("case")
        return Pace(
            well,
            hanging,
            hung,
            take_account(house.engine, place.server.bodies, clock.now),
            cards_lost=cases - len(cards),
            cards_twice=sum(count > 1 for count in cards.values()),
        )


def _refs(card: bytes) -> set[bytes]:
    return set(_REF.findall(card))


@contextmanager
def _place(number: int, tls: DemoCertificates) -> Iterator[_Place]:
    with ExitStack() as stack:
        server = stack.enter_context(scripted_smtp(tls.server_context(), patience=60))
        hook = stack.enter_context(scripted_webhook(tls.server_context(), Answer(202)))
        broker = stack.enter_context(ValkeyServer(private=True))
        postgres = stack.enter_context(PostgresServer())
        environment = {
            "BEVAKA_REDIS_URL": broker.url,
            "BEVAKA_SMTP_HOST": "localhost",
            "BEVAKA_SMTP_PORT": str(server.port),
            "BEVAKA_SMTP_CAFILE": str(tls.ca_file),
            "BEVAKA_WEBHOOK_ORIGINS": hook.origin,
            "BEVAKA_WEBHOOK_CAFILE": str(tls.ca_file),
        }
        clinic = stack.enter_context(region_house(postgres.create_database(), environment))
        _open_units(clinic.house, number, hook, tls)
        yield _Place(clinic, broker.url, server, hook)


def _open_units(house: House, number: int, hook: ScriptedWebhook, tls: DemoCertificates) -> None:
    """Give each lot of cards a unit with a team of its own."""
    settings = TeamsSettings(trusted_origins=frozenset({hook.origin}), cafile=tls.ca_file)
    codes = [f"{kind}{lot}" for kind in "uv" for lot in range(-(-number // EACH))]
    with house.engine.database.write() as connection:
        for code in codes:
            row = insert(unit).values(code=code, title=f"Mottagning {code}").returning(unit.c.id)
            house.units[code] = connection.execute(row).scalar_one()  # type: ignore[index]
    for code in codes:
        set_team_channel(house.engine, code, hook.url, settings, OPERATOR)
