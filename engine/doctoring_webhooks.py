"""Are other systems told what they asked for? Those that were given up, that want no more, or that keep failing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.findings import Finding, fine, warning
from storage import webhooks
from workflows.model import Text

LONG = timedelta(hours=1)


def check_webhooks(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Say of each webhook what keeps it from being told; nothing where there is none."""
    known, counts = webhooks.webhooks(connection), webhooks.counts(connection)
    amiss = 0
    for hook in known:
        dead = counts.get((hook.id, webhooks.DEAD), 0)
        waits = webhooks.waits_since(connection, hook.id)
        if dead:
            amiss += 1
            yield warning(
                "webhooks",
                Text(f"{hook.label}: {dead} händelser gavs upp", f"{hook.label}: {dead} events were given up"),
                Text(
                    f"GET /api/v1/webhooks/{hook.id}/messages visar varför; …/redeliver sänder igen",
                    f"GET /api/v1/webhooks/{hook.id}/messages says why; …/redeliver posts again",
                ),
            )
        elif waits is not None and now - waits > LONG:
            amiss += 1
            stopped = Text("den är avstängd", "it is switched off") if not hook.active else _TRIED
            yield warning(
                "webhooks",
                Text(f"{hook.label}: händelser har väntat länge", f"{hook.label}: events have waited for long"),
                stopped,
            )
    if known and not amiss:
        yield fine("webhooks", "andra system får veta det de ska", "other systems are told what they asked for")


_TRIED = Text(
    "se efter att mottagaren svarar 2xx; den provas igen", "see that the receiver answers 2xx; it is tried again"
)
