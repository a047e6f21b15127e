"""Does something wait for a human, and does a channel pause?"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from engine.findings import Finding, error, fine, warning
from storage import circuits, holding
from storage.holding import AWAKENING, HOLD
from workflows.dates import STOCKHOLM
from workflows.model import Text


def check_held(connection: Connection) -> Iterator[Finding]:
    """Find a house on hold after a restore, and messages that wait for somebody to decide about them."""
    known = holding.marks(connection)
    number = sum(group.number for group in holding.held_groups(connection))
    if HOLD in known:
        shown = _shown(datetime.fromisoformat(known[HOLD]["since"]))
        said = Text(
            f"systemet är pausat sedan det lästes in från kopian {shown}: ingenting skickas",
            f"the house is on hold since it was restored from the backup of {shown}: nothing is sent",
        )
        yield error("hold", said, Text("kör `bevaka release-hold`", "run `bevaka release-hold`"))
    elif AWAKENING in known:
        said = Text(
            "brevbäraren väntar tills det som förföll under stilleståndet är genomgånget",
            "the postman waits until everything that came due in the silence is swept",
        )
        yield warning("hold", said, Text("se till att klockan går", "see that the clock goes"))
    if number:
        said = Text(f"{number} meddelanden väntar på ett beslut", f"{number} messages wait for a decision")
        mend = Text("`bevaka outbox held`, sedan release eller drop", "`bevaka outbox held`, then release or drop")
        yield error("hold", said, mend)
    if not number and HOLD not in known and AWAKENING not in known:
        yield fine("hold", "inget väntar på ett beslut", "nothing waits for a decision")


def check_circuits(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Find channels that pause because nothing gets through."""
    pausing = [one for one in circuits.strained(connection) if one.open_until is not None]
    for one in pausing:
        since = _shown(one.since or now)
        said = Text(
            f"{one.channel} vilar: {one.failures} försök i rad sedan {since} nådde ingen",
            f"{one.channel} pauses: {one.failures} attempts in a row since {since} reached nobody",
        )
        mend = Text("kontrollera servern; nya försök görs ändå", "check the server; it is tried again by itself")
        yield error("channel", said, mend)
    if not pausing:
        yield fine("channel", "ingen kanal vilar", "no channel pauses")


def _shown(moment: datetime) -> str:
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
