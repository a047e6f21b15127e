"""One possible next thing to do with a demo case, and how the case looks to whoever considers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo.draws import Draws
from workflows.case import Snapshot, Watch
from workflows.guards import Value
from workflows.planning import Rules, as_date


@dataclass(frozen=True, slots=True)
class Turn:
    """An event somebody means to let happen on a day (or later, when that day is over)."""

    on: date
    name: str
    answers: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """A case as seen today (Stockholm)."""

    rules: Rules
    snapshot: Snapshot
    draws: Draws
    opened_on: date
    today: date

    def day(self, name: str) -> date | None:
        """Return a field's date."""
        return as_date(self.snapshot.data.get(name))

    def count(self, name: str) -> int:
        """Return a fact's count."""
        value = self.snapshot.data.get(name)
        return value if isinstance(value, int) else 0

    def working_days(self, day: date, count: int) -> date:
        """Return the working day so many from a day."""
        return self.rules.calendar.add_working_days(self.rules.calendar.next_working_day(day), count)

    def lag(self, kind: str, watch: Watch) -> int:
        """Return how many working days from its due date a deadline is met."""
        return self.draws.lag(kind, watch.occurrence, watch.generation)

    def by(self, watch: Watch, name: str, kind: str, answers: Mapping[str, Value]) -> Turn:
        """Return the turn that meets a deadline, some days before or after it is due."""
        return Turn(self.working_days(watch.due_on or self.today, self.lag(kind, watch)), name, answers)


def month_end(day: date) -> date:
    """Return the last day of a day's month: benefits are granted in whole months (SFB 33:15)."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
