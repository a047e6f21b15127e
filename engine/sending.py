"""Handing claimed parcels to their channels and writing down what came of it; one that is gone is not tried again."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection, literal_column

from engine.clerk import Clerk
from engine.delivered import Delivered
from engine.leases import Hand
from engine.outcomes import POISON, Returned, record
from engine.parcels import Parcel
from engine.parts import Engine, MailSession
from engine.posts import message_of
from notifications.channels.teams import WebhookUrlError
from notifications.outcomes import Accepted, DeliveryFailed, WithheldError, at_once, blames_the_channel
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
    done, hand = Delivered(), Hand(engine, parcels, claimed_at, moment)
    with ExitStack() as stack:
        clerk = stack.enter_context(Clerk(beside=not engine.database.is_sqlite))
        session = stack.enter_context(engine.email.open()) if engine.email else None
        walk = _Walk(engine, session, moment, clerk, hand)
        for parcel in parcels:
            ours = hand.take(parcel)
            if ours:
                done += walk.bring(ours)
    return done


@dataclass(frozen=True, slots=True)
class _Walk:
    """One postman's walk with what he has in hand."""

    engine: Engine
    session: MailSession | None
    moment: Moment
    clerk: Clerk
    hand: Hand
    ways: _Ways = field(default_factory=_Ways)

    def bring(self, ours: Sequence[Parcel]) -> Delivered:
        """Send what leaves together, and let it be recorded for each message of it."""
        if ours[0].channel in self.ways.gone or self._is_resting(ours[0]):
            return self._bring_back(ours)
        now = self.moment()
        uncertain = any(parcel.uncertain for parcel in ours)
        post = replace(ours[0], message=message_of(self.engine, ours, now), uncertain=uncertain)
        returned = send(self.engine, self.session, post, lambda: self._may_leave(post))
        if returned is None:
            self.clerk.wait()
            return self._bring_back(ours)
        now = self.moment()
        self.clerk.write(lambda: self._record(ours, post, returned, now))
        return Delivered(sent=len(ours)) if isinstance(returned, Accepted) else Delivered(failed=len(ours))

    def _may_leave(self, post: Parcel) -> bool:
        """Wait for what is written of the post before, and say whether it lets this one leave."""
        return self.clerk.has_written() and post.channel not in self.ways.gone and self.hand.is_sure()

    def _record(self, ours: Sequence[Parcel], post: Parcel, returned: Returned, now: datetime) -> None:
        for parcel in ours:
            record(self.engine, parcel, returned, now)
        _note(self.engine, post, returned, self.ways, now)

    def _is_resting(self, parcel: Parcel) -> bool:
        """Say whether a team has asked to be left alone since the parcel was claimed."""
        if not isinstance(parcel.to, TeamsConnection) or parcel.unit_id is None:
            return False
        self.clerk.wait()  # the post before may have been what it asked about
        with self.engine.database.read() as connection:
            return bool(rests.resting(connection, {parcel.unit_id}, self.moment()))

    def _bring_back(self, parcels: Sequence[Parcel]) -> Delivered:
        """Put untried messages back in the queue as they were."""
        with self.engine.database.write() as connection:
            for parcel in parcels:
                untried = {"state": outbox.QUEUED, "attempts": literal_column("attempts - 1")}
                outbox.release(connection, parcel.message_id, parcel.token, **untried)
        return Delivered(postponed=len(parcels))


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


def send(
    engine: Engine, session: MailSession | None, parcel: Parcel, ready: Callable[[], bool] = at_once
) -> Returned | None:
    """Hand a parcel to its channel, if `ready` says so when it is its turn.

    Returns:
        What came of it; None when nothing left, because it was not ready.
    """
    try:
        return _handed_over(engine, session, parcel, ready)
    except WithheldError:
        return None
    except DeliveryFailed as failure:
        return failure
    except WebhookUrlError:
        return DeliveryFailed("webhook_url", permanent=True, channel_broken=True)
    except Exception as error:  # noqa: BLE001 - a message that cannot be rendered must not stop the ones behind it
        log.error("message_poisoned", message_id=parcel.message_id, kind=parcel.kind, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return DeliveryFailed(POISON, permanent=True)


def _handed_over(engine: Engine, session: MailSession | None, parcel: Parcel, ready: Callable[[], bool]) -> Accepted:
    match parcel.to:
        case Mailbox() if session is not None:
            return session.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain, ready=ready)
        case TeamsConnection() if engine.teams is not None:
            if not ready():
                raise WithheldError
            return engine.teams.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain)
        case _:
            raise DeliveryFailed("no_channel", permanent=True)
