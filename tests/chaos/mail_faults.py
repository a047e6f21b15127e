"""What a mail server may do wrong, and what a house does about it: one try alone, and a queue to its end."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from demo.certificates import DemoCertificates
from engine.sweeping import sweep
from notifications.channels.email import EmailChannel, SmtpSettings
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Mailbox
from storage.tables import outbox
from tests.chaos.total_queue import Account, take_account
from tests.chaos.virtual_time import VirtualClock, house_on, settle
from tests.examples.messages import NOW, notice
from tests.house import House, moment
from tests.misbehaving.scripted_smtp import Scripted, ScriptedSmtp, Silly, scripted_smtp

TO = Mailbox("kim.exempel@region.example")
FIRST = moment("2024-02-15")  # of cases decided on 2024-01-31: the coordinator is reminded
OVERDUE = moment("2024-03-01")  # the coordinator and her deputy are told
PLAIN = frozenset({b"EHLO", b"STARTTLS", b"QUIT"})  # all that may be said before TLS


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    Attributes:
        name: in a few words.
        command: which answer goes wrong.
        answer: what is said instead.
        fine: what is said once the server is well again; None: it never gets well.
        hangs: it costs a try its whole time.
    """

    name: str
    command: str
    answer: Scripted
    fine: Scripted | None = b"250 fine"
    hangs: bool = False
    at: datetime = FIRST
    messages: int = 1  # of each case, at that moment


def _no_such(address: bytes) -> Callable[[bytes], bytes]:
    return lambda line: b"550 no such user" if address in line else b"250 fine"


FAULTS = (
    Fault("no banner", "greeting", Silly.SILENT, b"220 scripted", hangs=True),
    Fault("hangs after DATA", "body", Silly.SILENT, hangs=True),
    Fault("1 byte a second", "greeting", Silly.TRICKLE, b"220 scripted", hangs=True),
    Fault("421", "RCPT", b"421 closing"),
    Fault("451", "RCPT", b"451 later"),
    Fault("550", "RCPT", _no_such(b"coordinator@"), None),
    Fault("STARTTLS stripped", "EHLO", b"250 scripted", b"250-scripted\r\n250 STARTTLS"),
    Fault("some recipients refused", "RCPT", _no_such(b"deputy@"), None, at=OVERDUE, messages=2),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What single tries showed: how long the longest took, in seconds, and what they ended in."""

    fault: str
    number: int
    longest: float
    ended: Counter[str]
    plain: int


@dataclass(frozen=True, slots=True)
class Survived:
    """What became of a queue whose server misbehaved."""

    fault: str
    database: str
    messages: int
    account: Account
    plain: int  # lines said in plain text that should not have been
    retried: int  # refusals for good that were tried again
    virtual_hours: float
    outcomes: Counter[tuple[str, str | None]] = field(default_factory=Counter)


@contextmanager
def certificates() -> Iterator[DemoCertificates]:
    """Give throw-away certificates."""
    with TemporaryDirectory() as folder:
        yield DemoCertificates(Path(folder), datetime.now(UTC))


def settings_of(server: ScriptedSmtp, tls: DemoCertificates, limits: tuple[float, float] | None) -> SmtpSettings:
    """Return how to reach a server. `limits` are seconds for a reply and for a try; the product's own when None."""
    shorter: dict[str, Any] = {} if limits is None else {"timeout": limits[0], "total_timeout": limits[1]}
    return SmtpSettings(
        host="localhost",
        port=server.port,
        security="starttls",
        sender="bevaka@bevaka.example",
        message_id_key=b"k" * 32,
        message_id_domain="bevaka.example",
        cafile=tls.ca_file,
        **shorter,
    )


def try_alone(fault: Fault, number: int, tls: DemoCertificates, limits: tuple[float, float] | None) -> Tried:
    """Try `number` times at once, each over a connection of its own."""
    answers: dict[str, Any] = {fault.command: fault.answer}
    pace = 1.0 if limits is None else 0.02
    with scripted_smtp(tls.server_context(), patience=60, pace=pace, **answers) as server:
        channel = EmailChannel(settings_of(server, tls, limits), lambda: NOW)
        with ThreadPoolExecutor(number) as pool:
            ends = list(pool.map(lambda place: _one_try(channel, f"key{place}"), range(number)))
    longest = max(seconds for seconds, _ in ends)
    return Tried(fault.name, number, longest, Counter(code for _, code in ends), in_plain(server))


def _one_try(channel: EmailChannel, key: str) -> tuple[float, str]:
    with channel.open() as session:
        began = time.monotonic()
        try:
            code = session.send(key, TO, notice()).detail
        except DeliveryFailed as failure:
            code = failure.code
        return time.monotonic() - began, code


def in_plain(server: ScriptedSmtp) -> int:
    """Return how many lines were said in plain text that should not have been."""
    return sum(line.split()[0].upper() not in PLAIN for line in server.heard if line.split())


def survive(fault: Fault, database: str, url: str, messages: int, tries: int, tls: DemoCertificates) -> Survived:
    """Let a queue of `messages` meet a server that misbehaves `tries` times, and drain it in virtual time."""
    script: list[Scripted] = [fault.answer] if fault.fine is None else [*[fault.answer] * tries, fault.fine]
    answers: dict[str, Any] = {fault.command: script}
    with house_on(url) as built, scripted_smtp(tls.server_context(), **answers) as server:
        clock = VirtualClock(fault.at)
        limits = (0.25, 0.25) if fault.hangs else (10.0, 30.0)
        channel = EmailChannel(settings_of(server, tls, limits), clock)
        house = replace(built, engine=replace(built.engine, email=channel, teams=None))
        house.open_many(messages // fault.messages, "2024-01-31")
        sweep(house.engine, fault.at)
        settle(house, clock)
        return _told(fault, house, clock, server, database, messages)


def _told(
    fault: Fault, house: House, clock: VirtualClock, server: ScriptedSmtp, database: str, messages: int
) -> Survived:
    with house.engine.database.read() as connection:
        rows = connection.execute(select(outbox)).all()
    return Survived(
        fault=fault.name,
        database=database,
        messages=messages,
        account=take_account(house.engine, server.bodies, clock.now),
        plain=in_plain(server),
        retried=sum(row.attempts > 1 for row in rows if row.error == "smtp_550"),
        virtual_hours=(clock.now - fault.at).total_seconds() / 3600,
        outcomes=Counter((row.outcome, row.reason) for row in rows),
    )


def slowest(tried: Sequence[Tried]) -> float:
    """Return the longest of all tries, in seconds."""
    return max(one.longest for one in tried)
