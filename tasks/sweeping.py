"""Time acts: account for the rungs that are due, and queue the morning's digests."""

from dataclasses import asdict

from engine.digests import queue_digests
from engine.sweeping import sweep
from tasks.app import DIGESTS, SWEEP, app
from tasks.provided import provided


@app.task(name=SWEEP)
def sweep_due() -> dict[str, int]:
    """Sweep until nothing is due; return the counts. Running it twice does nothing twice."""
    here = provided()
    swept = sweep(here.engine, here.clock())
    here.after_sweep(here.clock())
    return asdict(swept)


@app.task(name=DIGESTS)
def queue_todays_digests() -> dict[str, int]:
    """Queue the digests of the day, once a day however often it runs."""
    here = provided()
    queued = queue_digests(here.engine, here.clock())
    if queued:
        here.engine.nudge()
    return {"queued": queued}
