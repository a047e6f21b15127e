"""Handing claimed parcels to their channels and writing down what came of it; one that is gone is not tried again."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection, literal_column

from engine.delivered import Delivered
from engine.leases import Hand
from engine.outcomes import POISON, Returned, record
from engine.parcels import Parcel
from engine.parts import Engine, MailSession
from engine.posts import message_of
from notifications.channels.teams import WebhookUrlError
from notifications.outcomes import Accepted, DeliveryFailed, blames_the_channel
from notifications.recipients import Mailbox, TeamsConnection
from storage import circuits, outbox, rests

log = structlog.get_logger(__name__)

Moment = Callable[[], datetime]


@dataclass(slots=True)
class _Ways:
    """How the channels have done in this batch."""

    doubted: set[str] = field(default_factory=lambda: {"email", "teams"})  # a success must still be told of
    gone: set[str] = field(default_factory=set)  # began to pause under our hands


def send_all(engine: Engine, parcels: Sequence[Parcel], moment: Moment, claimed_at: datetime) -> Delivered:
    """Send parcels, claimed not before `claimed_at` (UTC), one after the other; `moment` tells the time, UTC."""
    done, ways, hand = Delivered(), _Ways(), Hand(engine, parcels, claimed_at, moment)
    with ExitStack() as stack:
        session = stack.enter_context(engine.email.open()) if engine.email else None
        for parcel in parcels:
            ours = hand.take(parcel)
            if not ours:
                continue
            if parcel.channel in ways.gone or _is_resting(engine, parcel, moment()):
                _give_back(engine, ours)
                done += Delivered(postponed=len(ours))
                continue
            done += _send_post(engine, session, ours, ways, moment)
    return done


def _send_post(
    engine: Engine, session: MailSession | None, ours: Sequence[Parcel], ways: _Ways, moment: Moment
) -> Delivered:
    """Send what leaves together, and record it for each message of it."""
    uncertain = any(parcel.uncertain for parcel in ours)
    post = replace(ours[0], message=message_of(engine, ours, moment()), uncertain=uncertain)
    returned = send(engine, session, post)
    now = moment()
    for parcel in ours:
        record(engine, parcel, returned, now)
    _note(engine, post, returned, ways, now)
    return Delivered(sent=len(ours)) if isinstance(returned, Accepted) else Delivered(failed=len(ours))


def _note(engine: Engine, post: Parcel, returned: Returned, ways: _Ways, now: datetime) -> None:
    """Tell every postman whether the channel works."""
    channel = post.channel
    if isinstance(returned, Accepted) and channel in ways.doubted:
        with engine.database.write() as connection:
            circuits.close(connection, channel)
        ways.doubted.discard(channel)
    elif isinstance(returned, DeliveryFailed) and (blames_the_channel(returned) or post.probe):
        with engine.database.write() as connection:
            shared = outbox.lease_time(connection, now, engine.real_time)
            found = _counted(connection, post, returned, shared)
        ways.doubted.add(channel)
        if found is not None and found.open_until is not None and found.open_until > shared:
            ways.gone.add(channel)
            log.warning("channel_pauses", channel=channel, failures=found.failures, until=found.open_until.isoformat())


def _counted(connection: Connection, post: Parcel, failure: DeliveryFailed, now: datetime) -> circuits.Circuit | None:
    if blames_the_channel(failure):
        return circuits.count_failure(connection, post.channel, now, probe=post.probe)
    circuits.close(connection, post.channel)  # the probe was refused for what it is: somebody is there to refuse
    return None


def _is_resting(engine: Engine, parcel: Parcel, now: datetime) -> bool:
    """Say whether a team has asked to be left alone since the parcel was claimed."""
    if not isinstance(parcel.to, TeamsConnection) or parcel.unit_id is None:
        return False
    with engine.database.read() as connection:
        return bool(rests.resting(connection, {parcel.unit_id}, now))


def _give_back(engine: Engine, parcels: Sequence[Parcel]) -> None:
    """Put untried messages back in the queue as they were."""
    with engine.database.write() as connection:
        for parcel in parcels:
            untried = {"state": outbox.QUEUED, "attempts": literal_column("attempts - 1")}
            outbox.release(connection, parcel.message_id, parcel.token, **untried)


def send(engine: Engine, session: MailSession | None, parcel: Parcel) -> Returned:
    """Hand a parcel to its channel and return what came of it."""
    try:
        match parcel.to:
            case Mailbox() if session is not None:
                return session.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain)
            case TeamsConnection() if engine.teams is not None:
                return engine.teams.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain)
            case _:
                return DeliveryFailed("no_channel", permanent=True)
    except DeliveryFailed as failure:
        return failure
    except WebhookUrlError:
        return DeliveryFailed("webhook_url", permanent=True, channel_broken=True)
    except Exception as error:  # noqa: BLE001 - a message that cannot be rendered must not stop the ones behind it
        log.error("message_poisoned", message_id=parcel.message_id, kind=parcel.kind, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return DeliveryFailed(POISON, permanent=True)
