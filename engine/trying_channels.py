"""A test message through one way out, sent at once and not through the outbox, so that its result can be shown."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from access.actors import Actor
from access.rules import ALLOWED, Action
from engine.authorising import authorise_in
from engine.errors import NotAllowedError
from engine.parts import Engine
from engine.posts import free_again
from engine.staffing import unit_id_of
from notifications.channels.teams import WebhookUrlError
from notifications.messages import TEST_REF, Kind, Notice, Reason, Text
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Mailbox, SecretUrl, TeamsConnection
from storage import circuits, people, rests
from storage.tables import team_channel
from workflows.dates import local_date

NO_CHANNEL, RATE = "no_channel", "rate"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message: `code` is None when it was taken, else what it failed with."""

    code: str | None
    mended: bool = False  # a broken connection is in use again


def try_email(engine: Engine, actor: Actor, now: datetime) -> Tried:
    """Send a test message to the actor's own address.

    Raises:
        NotAllowedError: the actor does not mind the whole house, or is nobody in particular.
    """
    authorise_in(actor, Action.TEST_CHANNEL, None)
    if actor.staff_id is None:
        raise NotAllowedError(Action.TEST_CHANNEL, ALLOWED[Action.TEST_CHANNEL])
    with engine.database.read() as connection:
        member = people.staff_by_id(connection)[actor.staff_id]
    if engine.email is None:
        return Tried(NO_CHANNEL)
    to = Mailbox(member.email, "en" if member.language == "en" else "sv")
    try:
        with engine.email.open() as session:
            session.send(_key(), to, _message(engine, now))
    except DeliveryFailed as failure:
        return Tried(failure.code)
    with engine.database.write() as connection:
        circuits.close(connection, "email")
    return Tried(None)


def try_team(engine: Engine, unit_code: str, actor: Actor, now: datetime) -> Tried:
    """Send a test message to a unit's Teams channel. One that gets through puts a broken connection in use again.

    Raises:
        UnknownUnitError: there is no such unit.
        NotAllowedError: the actor does not answer for it.
        SecretUnreadableError: the connection's address is sealed under another key.
    """
    with engine.database.read() as connection:
        unit_id = unit_id_of(connection, unit_code)
        authorise_in(actor, Action.TEST_CHANNEL, unit_id)
        found = people.team_channels(connection).get(unit_id)
        if found is None or engine.teams is None:
            return Tried(NO_CHANNEL)
        if rests.resting(connection, {unit_id}, now) or free_again(connection, unit_id, 0, now):
            return Tried(RATE)
    url = SecretUrl(engine.secrets.open(f"team_channel|{found.id}", found.sealed_url))
    try:
        engine.teams.send(_key(), TeamsConnection(url, found.language), _message(engine, now))
    except DeliveryFailed as failure:
        return Tried(failure.code)
    except WebhookUrlError:
        return Tried("webhook_url")
    with engine.database.write() as connection:
        _mend(connection, unit_id)
    return Tried(None, mended=found.broken_at is not None)


def _mend(connection: Connection, unit_id: int) -> None:
    works = update(team_channel).where(team_channel.c.unit_id == unit_id).values(refused=0, broken_at=None)
    connection.execute(works)
    circuits.close(connection, "teams")


def _key() -> str:
    return f"test:{secrets.token_hex(8)}"


def _message(engine: Engine, now: datetime) -> Notice:
    """Return a message about no case: the reference is nobody's."""
    return Notice(
        kind=Kind.TEST,
        case_ref=TEST_REF,
        step=Text(sv="Testmeddelande", en="Test message"),
        due_on=local_date(now),
        rung=0,
        rungs=0,
        late=False,
        reason=Reason.ON_DUE,
        link=f"{engine.public_url}/channels",
    )
