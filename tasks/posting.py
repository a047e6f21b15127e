"""Word of events leaves for other systems."""

from dataclasses import asdict

from engine.webhook_delivering import deliver_webhooks
from tasks.app import WEBHOOKS, app
from tasks.provided import provided


@app.task(name=WEBHOOKS)
def post_webhooks() -> dict[str, int]:
    """Post what may leave now; return the counts. Any number may run at once."""
    here = provided()
    return asdict(deliver_webhooks(here.engine, here.clock(), clock=here.clock))
