"""How the demo's cases come in over the programme's first year: a quarter when it begins, then a few every week."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from access.actors import Actor
from access.identities import Identity
from demo.people import CLINICS, WORKERS
from demo.persons import DemoPerson, invent_persons
from demo.turns import month_end
from engine.opening import NewCase, OpenedCase, open_cases
from engine.parts import Engine
from engine.staffing import actor_of
from storage import people
from workflows.calendar import calendar_named
from workflows.dates import at_local
from workflows.guards import Value

PROGRAMME = "aktiv-2023"
FIRST_DAY, LAST_DAY = date(2023, 2, 13), date(2024, 1, 12)
EARLIEST_END = date(2024, 2, 29)  # nobody has left when a visitor comes: every case that came in is being watched
FIRST_WEEKS = 12
AT_ONCE = 0.25
LEVELS, LEVEL_WEIGHTS = ("full", "half", "three_quarters", "quarter"), (70, 18, 8, 4)


@dataclass(frozen=True, slots=True, repr=False)
class Arrival:
    """A decision that reaches a clinic at an instant (UTC)."""

    at: datetime
    clinic: str
    handler: str
    identity: Identity
    data: dict[str, Value]


def planned_arrivals(count: int, seed: str) -> list[Arrival]:
    """Return the year's arrivals in order; equal seeds, equal arrivals."""
    random = Random(f"{seed}/arrivals")
    clinics = _clinics(random, count)
    persons = invent_persons(count, FIRST_DAY, seed)
    arrivals = [_arrival(random, person, clinic) for person, clinic in zip(persons, clinics, strict=True)]
    return sorted(arrivals, key=lambda arrival: arrival.at)


def _clinics(random: Random, count: int) -> list[str]:
    """Return a clinic for each case: every clinic has its share, and even a small demo has cases in each."""
    whole = sum(clinic.share for clinic in CLINICS)
    drawn = [clinic.code for clinic in CLINICS for _ in range(-(-clinic.share * count // whole))]
    random.shuffle(drawn)
    return drawn[:count]


def _arrival(random: Random, person: DemoPerson, clinic: str) -> Arrival:
    calendar = calendar_named("SE")
    span = FIRST_WEEKS if random.random() < AT_ONCE else (LAST_DAY - FIRST_DAY).days
    on = calendar.next_working_day(FIRST_DAY + timedelta(days=random.randint(0, span)))
    handler = random.choice([worker.email for worker in WORKERS if worker.role == "handler"])
    at = at_local(on, time(random.randint(8, 11), random.randint(1, 59)))
    return Arrival(at, clinic, handler, person.identity, _decision(random, person, on))


def _decision(random: Random, person: DemoPerson, on: date) -> dict[str, Value]:
    decided_on = on - timedelta(days=random.randint(1, 9))
    begins = (decided_on - timedelta(days=31 * random.choice((0, 0, 1, 1, 2)))).replace(day=1)
    months = random.choices((12, 18, 24, 36), (45, 15, 25, 15))[0]
    until = month_end(begins + timedelta(days=round(30.44 * months) - 20))
    return {
        "decision_date": decided_on,
        "benefit_from": begins,
        "benefit_until": min(max(until, EARLIEST_END), person.age_limit_on),
        "level": random.choices(LEVELS, LEVEL_WEIGHTS)[0],
        "origin": "pulse_meeting" if random.random() < 0.3 else "fk_contact",
        "age_limit_on": person.age_limit_on,
    }


class Arrivals:
    """Opens the cases as they come; whoever wants to know is told which."""

    def __init__(
        self, engine: Engine, planned: Sequence[Arrival], tell: Callable[[Sequence[OpenedCase], datetime], None]
    ) -> None:
        self._engine = engine
        self._planned = deque(planned)
        self._tell = tell
        with engine.database.read() as connection:
            self._units = {code: row.id for code, row in people.units_by_code(connection).items()}
            self._staff = {member.email: member.id for member in people.staff_by_id(connection).values()}
        coordinators = {
            unit: worker.email for worker in WORKERS if worker.role == "coordinator" for unit in worker.units
        }
        self._coordinators: dict[str, Actor] = {unit: actor_of(engine, email) for unit, email in coordinators.items()}

    def next_at(self) -> datetime | None:
        """Return when the next case comes in."""
        return self._planned[0].at if self._planned else None

    def happen(self, at: datetime) -> None:
        """Open the next case."""
        arrival = self._planned.popleft()
        coordinator = self._coordinators[arrival.clinic]
        new = NewCase(
            arrival.identity,
            arrival.data,
            self._units[arrival.clinic],
            coordinator.staff_id,
            self._staff[arrival.handler],
        )
        with self._engine.database.write() as connection:
            rules = self._engine.rulebook.newest(connection, PROGRAMME, at)
            opened = open_cases(connection, self._engine.vault, rules, [new], coordinator, at)
        self._tell(opened, at)
