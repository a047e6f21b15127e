"""What a Teams workflow may answer, and what a house makes of it, in virtual time over real HTTPS."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sqlalchemy import select

from access.actors import OPERATOR
from demo.certificates import DemoCertificates
from engine.connecting import set_team_channel
from engine.delivering import deliver
from engine.sweeping import sweep
from notifications.channels.email import EmailChannel
from notifications.channels.teams import TeamsChannel, TeamsSettings
from storage.tables import case, outbox
from tests.chaos.mail_faults import settings_of
from tests.chaos.total_queue import Account, take_account
from tests.chaos.virtual_time import VirtualClock, drain, house_on, settle
from tests.house import House, moment
from tests.misbehaving.scripted_smtp import ScriptedSmtp, scripted_smtp
from tests.misbehaving.scripted_webhook import Answer, ScriptedWebhook, scripted_webhook

UNIT = moment("2024-03-07")  # of cases decided on 2024-01-31: the unit's team is told
LOTS_APART = timedelta(minutes=6)  # longer than what a connection's limit looks back on
TROUBLES = 27  # posts
LIMIT = 28 * 1024  # what the real Teams takes, roughly
_REF = re.compile(rb"BV-[0-9A-Z]{4}-[0-9A-Z]{4}")
_OTHERS_429 = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"

Script = Callable[[int, datetime], Answer]


def troubled(number: int, now: datetime) -> Answer:
    """Answer the first posts, all but each third, with another trouble that passes."""
    if number > TROUBLES:
        return Answer(202)
    date = format_datetime(now + timedelta(minutes=3), usegmt=True)
    answers = (
        Answer(429, headers={"Retry-After": "120"}),
        Answer(200, _OTHERS_429),
        Answer(202),
        Answer(429, headers={"Retry-After": date}),
        Answer(502),
        Answer(200, b"1"),
        Answer(503, headers={"Retry-After": "60"}),
        Answer(408),
        Answer(202),
    )
    return answers[(number - 1) % len(answers)]


@dataclass
class Hook:
    """A workflow that keeps what it accepted, and whether it was left in peace when it asked for that."""

    clock: VirtualClock
    script: Script
    accepted: list[bytes] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    rest_until: datetime | None = None
    too_early: int = 0
    largest: int = 0
    server: ScriptedWebhook | None = None

    def decide(self, number: int) -> Answer:
        """Answer a post."""
        assert self.server is not None
        now, body = self.clock.now, self.server.posted[-1]
        self.largest = max(self.largest, len(body))
        self.too_early += self.rest_until is not None and now < self.rest_until
        answer = Answer(413) if len(body) > LIMIT else self.script(number, now)
        self.rest_until = _rest(answer, now) or self.rest_until
        taken = 200 <= answer.status <= 299 and b"HTTP error" not in answer.body
        self.statuses[f"{answer.status}{'' if answer.status > 299 or taken else ' with 429 inside'}"] += 1
        if taken:
            self.accepted.append(body)
        return answer


def _rest(answer: Answer, now: datetime) -> datetime | None:
    told = answer.headers.get("Retry-After")
    if told is None:
        return None
    # A date has whole seconds; ours is made of the same instant.
    return now + timedelta(seconds=int(told)) if told.isdigit() else (now + timedelta(minutes=3)).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of messages to one team."""

    how: str
    database: str
    messages: int
    delivered: int  # messages on accepted cards
    twice: int
    failed: Counter[str]  # by error
    told_otherwise: int  # mails to the next level about those that failed
    posts: Counter[str]  # by what was answered
    too_early: int
    largest: int
    followed: int  # requests at the address a redirect leads to
    mail: Account
    virtual_hours: float


@dataclass
class _Team:
    """A house with a real mail server and a real workflow."""

    house: House
    clock: VirtualClock
    hook: Hook
    mail: ScriptedSmtp


@contextmanager
def _team(url: str, script: Script, tls: DemoCertificates) -> Iterator[_Team]:
    clock = VirtualClock(UNIT)
    hook = Hook(clock, script)
    with ExitStack() as stack:
        built = stack.enter_context(house_on(url))
        mail = stack.enter_context(scripted_smtp(tls.server_context()))
        hook.server = stack.enter_context(scripted_webhook(tls.server_context(), decide=hook.decide))
        settings = TeamsSettings(trusted_origins=frozenset({hook.server.origin}), cafile=tls.ca_file)
        email = EmailChannel(settings_of(mail, tls, None), clock)
        engine = replace(built.engine, email=email, teams=TeamsChannel(settings, clock))
        set_team_channel(engine, "north", hook.server.url, settings, OPERATOR)
        yield _Team(replace(built, engine=engine), clock, hook, mail)


def post(
    how: str, database: str, url: str, lots: Sequence[int], tls: DemoCertificates, script: Script = troubled
) -> Posted:
    """Let lots of messages to one team become due some minutes apart, and drain the house."""
    with _team(url, script, tls) as team:
        for number in lots:
            team.house.open_many(number, "2024-01-31")
            sweep(team.house.engine, team.clock.now)
            begun = team.clock.now
            for at in (begun, begun + LOTS_APART):
                team.clock.now = at
                deliver(team.house.engine, at)
        drain(team.house, team.clock)
        settle(team.house, team.clock)
        return _told(team, how, database, sum(lots))


def _told(team: _Team, how: str, database: str, messages: int) -> Posted:
    rows = _cards(team.house)
    seen = Counter(ref for card in team.hook.accepted for ref in set(_REF.findall(card)))
    failed = Counter(str(row.error) for row in rows if row.outcome == "failed")
    return Posted(
        how=how,
        database=database,
        messages=messages,
        delivered=sum(seen[row.ref.encode()] > 0 for row in rows if row.outcome == "sent"),
        twice=sum(count > 1 for count in seen.values()),
        failed=failed,
        told_otherwise=_fallbacks(team.house),
        posts=team.hook.statuses,
        too_early=team.hook.too_early,
        largest=team.hook.largest,
        followed=0,
        mail=take_account(team.house.engine, team.mail.bodies, team.clock.now),
        virtual_hours=(team.clock.now - UNIT).total_seconds() / 3600,
    )


def _cards(house: House) -> Sequence[Any]:
    query = select(case.c.ref, outbox.c.outcome, outbox.c.error, outbox.c.id).join(case, case.c.id == outbox.c.case_id)
    with house.engine.database.read() as connection:
        return connection.execute(query.where(outbox.c.channel == "teams")).all()


def _fallbacks(house: House) -> int:
    with house.engine.database.read() as connection:
        rows = connection.execute(select(outbox.c.payload).where(outbox.c.outcome == "sent")).scalars()
        return sum(bool(payload.get("fallback")) for payload in rows)


def refused(how: str, database: str, url: str, number: int, tls: DemoCertificates, answer: Answer) -> Posted:
    """Let a workflow answer every post in a way no other try will mend; a redirect leads to one that counts."""
    with scripted_webhook(tls.server_context()) as elsewhere:
        leading = replace(answer, headers={"Location": elsewhere.url}) if 300 <= answer.status < 400 else answer
        posted = post(how, database, url, [number], tls, lambda _number, _now: leading)
        return replace(posted, followed=len(elsewhere.posted))
