"""Does the clock go, and do messages leave?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from engine.findings import Finding, error, fine, warning
from engine.parts import Engine
from storage import outbox as messages
from storage.tables import deadline, outbox, tick
from workflows.dates import STOCKHOLM
from workflows.model import Text

PATIENCE = timedelta(minutes=10)
LONG_WAIT = timedelta(hours=1)
DIGEST = "digest"  # ticks once a working day and says nothing about the clock
START = Text("starta `bevaka run`, eller klockan och arbetarna", "start `bevaka run`, or the clock and the workers")


def check_clock(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Find deadlines whose moment has passed without a sweep, and a clock that has not ticked."""
    due = deadline.c.next_at <= now - PATIENCE
    count, oldest = connection.execute(select(func.count(), func.min(deadline.c.next_at)).where(due)).one()
    if count:
        said = Text(
            f"klockan står: {count} bevakningar väntar, den äldsta sedan {_shown(oldest)}",
            f"the clock stands still: {count} deadlines wait, the oldest since {_shown(oldest)}",
        )
        yield error("clock", said, START)
    last = connection.execute(select(func.max(tick.c.at)).where(tick.c.name != DIGEST)).scalar_one()
    if last is None or now - last > PATIENCE:
        shown = _shown(last) if last else "–"
        said = Text(f"klockan gick senast: {shown}", f"the clock last ticked: {shown}")
        yield warning("clock", said, START)
    elif not count:
        yield fine("clock", f"klockan gick {_shown(last)}", f"the clock ticked at {_shown(last)}")


def check_outbox(engine: Engine, connection: Connection, now: datetime) -> Iterator[Finding]:
    """Find messages that were given up, and messages that have waited too long."""
    dead = connection.execute(select(func.count()).where(outbox.c.state == messages.DEAD)).scalar_one()
    waiting = outbox.c.state.in_([messages.QUEUED, messages.SENDING]) & (outbox.c.not_before <= now - LONG_WAIT)
    late = connection.execute(select(func.count()).where(waiting)).scalar_one()
    if dead:
        said = Text(f"{dead} meddelanden kunde inte levereras", f"{dead} messages could not be delivered")
        mend = Text("se `bevaka ledger --outcome failed`", "see `bevaka ledger --outcome failed`")
        yield warning("outbox", said, mend)
    if late:
        said = Text(f"{late} meddelanden har väntat mer än en timme", f"{late} messages have waited for over an hour")
        blame = Text("sätt BEVAKA_SMTP_HOST", "set BEVAKA_SMTP_HOST") if engine.email is None else START
        yield error("outbox", said, blame)
    if not dead and not late:
        yield fine("outbox", "inget meddelande har fastnat", "no message is stuck")


def _shown(moment: datetime) -> str:
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
