"""A message that was accepted, written down in one round trip: what a postman does most often, one by one.

One by one, because a postman killed between two of them sends at most one message twice.
"""

from datetime import datetime

from storage.database import Database

_ACCEPTED = """
WITH newest AS (
  UPDATE outbox SET state = 'done', outcome = 'sent', error = NULL, uncertain = %(uncertain)s, done_at = %(at)s,
                    leased_until = NULL, lost = 0
  WHERE id = %(id)s AND lease = %(token)s AND state = 'sending'
  RETURNING deadline_id, rung, slot, staff_id
), settled AS (
  UPDATE ledger SET outcome = 'sent', settled_at = %(at)s, staff_id = newest.staff_id, message_id = %(named)s
  FROM newest
  WHERE ledger.deadline_id = newest.deadline_id AND ledger.rung = newest.rung AND ledger.slot = newest.slot
)
SELECT count(*) FROM newest
"""


def write_accepted(
    database: Database, message_id: int, token: int, *, at: datetime, uncertain: bool, named: str | None
) -> bool:
    """Write that a claimed message was accepted, with its entry in the ledger. PostgreSQL only.

    Args:
        database: where; the one statement is a transaction of its own.
        message_id: the message.
        token: of its claim.
        at: when it was accepted, UTC.
        uncertain: it may have arrived before.
        named: its Message-ID, where it has one.

    Returns:
        Whether the claim was still the newest one. Nothing is written where it was not.
    """
    values = {"id": message_id, "token": token, "at": at, "uncertain": uncertain, "named": named}
    with database.at_once() as driver:
        found = driver.execute(_ACCEPTED, values, prepare=True).fetchone()
    return bool(found and found[0])
