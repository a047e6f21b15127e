"""Which time it is: the computer's, or the demo's where the database is a demo's."""

from demo.clock import DemoClock, offset_of
from notifications.channels.clock import Clock, utc_now
from storage.database import Database


def clock_of(database: Database) -> Clock:
    """Return the clock that goes with a database (its schema must be there): what it gives is always UTC."""
    with database.read() as connection:
        is_demo = offset_of(connection) is not None
    return DemoClock(database) if is_demo else utc_now
