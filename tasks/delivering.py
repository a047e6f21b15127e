"""Messages leave."""

from dataclasses import asdict

from engine.delivering import BATCH, deliver
from storage.agenda import many_wait
from storage.webhooks import any_waits
from tasks.app import DELIVER, WEBHOOKS, app
from tasks.nudging import call
from tasks.provided import Provided, provided


@app.task(name=DELIVER)
def deliver_waiting() -> dict[str, int]:
    """Send what may leave now; return the counts. Any number may run at once."""
    here = provided()
    _call_for_help(here)
    _call_for_webhooks(here)
    return asdict(deliver(here.engine, here.clock(), clock=here.clock))


def _call_for_help(here: Provided) -> None:
    """Wake one more postman where more waits than one takes at a time; he does the same, until all workers are at it.

    SQLite has one writer, whom a second postman would only keep waiting.
    """
    if here.engine.database.is_sqlite:
        return
    with here.engine.database.read() as connection:
        is_much = many_wait(connection, here.clock(), BATCH + 1)
    if is_much:
        here.engine.nudge()


def _call_for_webhooks(here: Provided) -> None:
    """Wake somebody for what waits for other systems: a task of its own, so that neither waits for the other."""
    with here.engine.database.read() as connection:
        is_any = any_waits(connection, here.clock())
    if is_any:
        call(WEBHOOKS)
