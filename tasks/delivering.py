"""Messages leave."""

from dataclasses import asdict

from engine.delivering import deliver
from tasks.app import DELIVER, app
from tasks.provided import provided


@app.task(name=DELIVER)
def deliver_waiting() -> dict[str, int]:
    """Send what may leave now; return the counts. Any number may run at once."""
    here = provided()
    return asdict(deliver(here.engine, here.clock(), clock=here.clock))
