"""Proves promise 1 once an hour: every rung accounted for. What it finds is kept for the metrics."""

from engine.proving import prove
from tasks.app import AUDIT, app
from tasks.provided import provided

LONGEST = 3000  # seconds; less than the hour until the next one


# Taken when it begins, not when it ends: it may run for longer than Redis' visibility timeout, after which a task that
# is not yet taken would be handed out once more. One that is killed is made up for by the next hour's.
@app.task(name=AUDIT, acks_late=False, time_limit=LONGEST, soft_time_limit=LONGEST - 60)
def prove_hourly() -> dict[str, int]:
    """Look for rungs that nobody has accounted for; return how many there are, by cause."""
    here = provided()
    return dict(prove(here.engine, here.clock()).gaps)
