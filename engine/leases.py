"""How long a postman's claim on messages lasts: renewed while he lives, and soon free when he is killed.

A single try takes at most 30 seconds (`total_timeout` of each channel) and begins on a lease of which a quarter at
most has gone, so it ends before anybody else may claim its message. What waits in his hands is renewed with it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from engine.parcels import Parcel
from engine.parts import Engine
from storage import outbox

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=45)


def renew_after() -> timedelta:
    """Return how old a lease may be when a try begins."""
    return LEASE / 4


class Hand:
    """Parcels that one postman has claimed and not yet sent.

    Args of the constructor:
        engine: the parts.
        parcels: what was claimed.
        claimed_at: an instant, UTC, not later than the claim.
        moment: tells the time, UTC, by the same clock.
    """

    def __init__(
        self, engine: Engine, parcels: Sequence[Parcel], claimed_at: datetime, moment: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._moment = moment
        self._renewed_at = claimed_at
        self._tokens = {one.message_id: one.token for parcel in parcels for one in (parcel, *parcel.others)}

    def take(self, parcel: Parcel) -> list[Parcel]:
        """Return what of a parcel (it and what leaves with it) may be sent now: what nobody else has claimed since.

        It looks at the database only when the leases are to be renewed. Before, nobody can have claimed it; and a
        postman who was stopped for a while sees by the clock that he must look.
        """
        now = self._moment()
        if not timedelta(0) <= now - self._renewed_at < renew_after():
            self._renew(now)
        together = (parcel, *parcel.others)
        return [one for one in together if self._tokens.pop(one.message_id, None) is not None]

    def is_sure(self) -> bool:
        """Say whether what was taken is still safely ours: so new a claim that a try cannot outlast it."""
        return timedelta(0) <= self._moment() - self._renewed_at < 2 * renew_after()

    def _renew(self, now: datetime) -> None:
        with self._engine.database.write() as connection:
            until = outbox.lease_time(connection, now, self._engine.real_time) + LEASE
            kept = outbox.renew(connection, self._tokens, until)
        if len(kept) < len(self._tokens):
            log.warning("lease_lost", messages=len(self._tokens) - len(kept))
        self._tokens = {message_id: token for message_id, token in self._tokens.items() if message_id in kept}
        self._renewed_at = now
