"""Forgetting what nobody needs any more."""

from datetime import timedelta

from engine.anonymity import note_protected
from engine.idempotency import forget_answers
from storage.ticks import drop_ticks
from tasks.app import AUDIT, HOUSEKEEPING, app
from tasks.nudging import call
from tasks.provided import provided

TICKS_KEPT = timedelta(days=3)


@app.task(name=HOUSEKEEPING)
def keep_house() -> dict[str, int]:
    """Forget old ticks and answers, and note whose identities are protected; return how many of each.

    Then the audit is called: both take a while in a large house, and the other workers must be free for what is due.
    """
    here = provided()
    with here.engine.database.write() as connection:
        drop_ticks(connection, here.clock() - TICKS_KEPT)
    forgotten = forget_answers(here.engine, here.clock())
    noted = note_protected(here.engine)
    call(AUDIT)
    return {"noted": noted, "forgotten": forgotten}
