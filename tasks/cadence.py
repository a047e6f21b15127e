"""When a ticker ticks next. APScheduler's own interval counts every tick that a clock jumped over, one by one (T9)."""

from datetime import datetime, timedelta
from typing import Any

from apscheduler.triggers.base import BaseTrigger


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at once and then after each interval; what was missed, for however long, is made up for by one tick."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime, *_: Any) -> datetime:
        """Return when to fire next, by the scheduler's clock."""
        if previous_fire_time is None:
            return now
        following = previous_fire_time + self._interval
        return following if following > now else now + self._interval
