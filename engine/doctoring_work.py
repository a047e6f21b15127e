"""Does the clock go, and do messages leave?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.findings import Finding, error, fine, warning
from engine.metrics import PATIENCE, Metrics
from engine.parts import Engine
from workflows.dates import STOCKHOLM
from workflows.model import Text

LONG_WAIT = timedelta(hours=1)
OLD_PROOF = timedelta(hours=3)
START = Text("starta `bevaka run`, eller klockan och arbetarna", "start `bevaka run`, or the clock and the workers")


def check_clock(figures: Metrics) -> Iterator[Finding]:
    """Find deadlines whose moment has passed without a sweep, and a clock that has not ticked."""
    late = figures.due_lag >= PATIENCE
    if late and figures.oldest_waiting is not None:
        shown = _shown(figures.oldest_waiting)
        said = Text(
            f"klockan står: {figures.waiting} bevakningar väntar, den äldsta sedan {shown}",
            f"the clock stands still: {figures.waiting} deadlines wait, the oldest since {shown}",
        )
        yield error("clock", said, START)
    last = figures.last_tick
    if last is None or figures.at - last > PATIENCE:
        shown = _shown(last) if last else "–"
        said = Text(f"klockan gick senast: {shown}", f"the clock last ticked: {shown}")
        yield warning("clock", said, START)
    elif not late:
        yield fine("clock", f"klockan gick {_shown(last)}", f"the clock ticked at {_shown(last)}")


def check_outbox(engine: Engine, figures: Metrics) -> Iterator[Finding]:
    """Find messages that were given up, and messages that have waited too long."""
    late = figures.outbox_age >= LONG_WAIT
    if figures.dead:
        said = Text(
            f"{figures.dead} meddelanden kunde inte levereras", f"{figures.dead} messages could not be delivered"
        )
        mend = Text("se `bevaka ledger --outcome failed`", "see `bevaka ledger --outcome failed`")
        yield warning("outbox", said, mend)
    if late and figures.oldest_queued is not None:
        shown = _shown(figures.oldest_queued)
        said = Text(f"meddelanden har väntat sedan {shown}", f"messages have waited since {shown}")
        blame = Text("sätt BEVAKA_SMTP_HOST", "set BEVAKA_SMTP_HOST") if engine.email is None else START
        yield error("outbox", said, blame)
    if not figures.dead and not late:
        yield fine("outbox", "inget meddelande har fastnat", "no message is stuck")


def check_proof(figures: Metrics) -> Iterator[Finding]:
    """Find what the hourly audit found: rungs that nobody has accounted for, and cases that nothing can decide."""
    proof, mend = figures.proof, Text("kör `bevaka ledger --unaccounted`", "run `bevaka ledger --unaccounted`")
    if figures.stranded:
        said = Text(
            f"{figures.stranded} öppna ärenden följer en version som inte är publicerad",
            f"{figures.stranded} open cases follow a version that is not published",
        )
        yield error("proof", said, Text("`bevaka programmes publish FIL`", "`bevaka programmes publish FILE`"))
    if proof is not None and proof.total:
        shown = _shown(proof.at)
        said = Text(f"{proof.total} steg saknades {shown}", f"{proof.total} rungs were unaccounted for at {shown}")
        yield error("proof", said, mend)
    elif proof is not None and figures.at - proof.at > OLD_PROOF:
        said = Text(f"senaste kontrollen är från {_shown(proof.at)}", f"the newest audit is from {_shown(proof.at)}")
        yield warning("proof", said, START)
    elif proof is not None and not figures.stranded:
        shown = _shown(proof.at)
        yield fine("proof", f"alla steg redovisade {shown}", f"every rung accounted for at {shown}")


def _shown(moment: datetime) -> str:
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
