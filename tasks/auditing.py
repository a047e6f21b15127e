"""Once an hour: promise 1 is proved anew, and all histories are put under a signed head that leaves the house."""

import logging

from sqlalchemy.exc import IntegrityError

from engine.chain_heads import sign_head
from engine.proving import prove
from tasks.app import AUDIT, app
from tasks.provided import Provided, provided

_LOG = logging.getLogger(__name__)

LONGEST = 3000  # seconds; less than the hour until the next one


# Taken when it begins, not when it ends: it may run for longer than Redis' visibility timeout, after which a task that
# is not yet taken would be handed out once more. One that is killed is made up for by the next hour's.
@app.task(name=AUDIT, acks_late=False, time_limit=LONGEST, soft_time_limit=LONGEST - 60)
def prove_hourly() -> dict[str, int]:
    """Look for rungs that nobody has accounted for; return how many there are, by cause."""
    here = provided()
    _sign(here)
    return dict(prove(here.engine, here.clock()).gaps)


def _sign(here: Provided) -> None:
    engine = here.engine
    if engine.signer is None:
        return
    try:
        engine.keep_outside(sign_head(engine, engine.signer, here.clock()).line(engine.signer.public_key))
    except IntegrityError:
        _LOG.info("another process has just signed; its head is as good")
