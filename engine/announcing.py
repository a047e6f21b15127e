"""Word of an event to other systems: queued in the transaction of the event, for every subscription that wants it."""

from collections.abc import Mapping, Sequence
from typing import Any

from storage.webhooks import Subscribed

EVERY_EVENT = "*"


def announcements(subscribed: Subscribed, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages that rows of history lead to. They carry nothing that was answered.

    Args:
        subscribed: who wants which events.
        records: rows of history as they are written.
    """
    return [
        {
            "webhook_id": webhook_id,
            "case_id": record["case_id"],
            "seq": record["seq"],
            "event": record["event"],
            "case_state": record["state_after"],
            "at": record["at"],
            "not_before": record["at"],
        }
        for record in records
        for webhook_id in sorted({one for one, event in subscribed if event in (EVERY_EVENT, record["event"])})
    ]
