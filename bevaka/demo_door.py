"""The demo as the pages see it (`web.demo_door.DemoDoor`): joined here, because neither package knows the other."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Final

from bevaka.demo_house import DemoHouse
from demo.arrivals import PROGRAMME
from demo.errands import BusyError, Errand, Errands, Stage
from demo.errands import Journey as Kind
from demo.mailbox import DemoMailbox
from demo.people import CLINICS, WORKERS, Worker
from demo.time_machine import later
from storage import people
from web.demo_door import Journey, Persona, TimeUnit
from workflows.dates import Span, Unit, at_local
from workflows.model import Text

ADMIN: Final = Text(sv="Systemansvarig", en="Administrator")
SPANS: Final = {
    TimeUnit.DAY: Span(1, Unit.DAYS),
    TimeUnit.WEEK: Span(1, Unit.WEEKS),
    TimeUnit.MONTH: Span(1, Unit.MONTHS),
    TimeUnit.YEAR: Span(1, Unit.YEARS),
}
MORNING: Final = time(8, 0)


class DoorToDemo:
    """Lets the pages look at the demo and move its time."""

    def __init__(self, house: DemoHouse) -> None:
        self._house = house
        self._errands = Errands(house.engine.database)
        self._personas = tuple(_personas(house))

    @property
    def mailbox(self) -> DemoMailbox:
        """What the catchers caught."""
        return self._house.surroundings.mailbox

    def personas(self) -> Sequence[Persona]:
        """Return whose part a visitor may take: everybody who works in the workplace, coordinators first."""
        return self._personas

    def start_journey(self, unit: TimeUnit) -> bool:
        """Begin to move time forward by one unit; False when a journey runs already."""
        now = self._house.clock()
        try:
            self._errands.ask(Kind.FORWARD, now, later(now, SPANS[unit]))
        except BusyError:
            return False
        return True

    def stop_journey(self) -> None:
        """Ask a running journey to stop where it is."""
        self._errands.stop()

    def journey(self) -> Journey | None:
        """Return the journey that runs, or the last one."""
        errand = self._errands.latest()
        return None if errand is None else _shown(errand)


def _shown(errand: Errand) -> Journey:
    failed = errand.stage in (Stage.FAILED, Stage.CANCELLED)
    return Journey(errand.under_way, errand.started, errand.until, _reached(errand), errand.messages, failed)


def _reached(errand: Errand) -> datetime:
    if errand.stage is Stage.DONE:
        return errand.until
    if errand.day is None:
        return errand.started
    return min(max(at_local(errand.day, MORNING), errand.started), errand.until)


def _personas(house: DemoHouse) -> Iterator[Persona]:
    """Give everybody but the officers at FK, who have no account in the workplace yet; first who sees every case."""
    with house.engine.database.read() as connection:
        ids = {member.email: member.id for member in people.staff_by_id(connection).values()}
        roles = house.engine.rulebook.newest(connection, PROGRAMME, house.clock()).definition.roles
    for worker in sorted(WORKERS, key=lambda worker: worker.role != "project_lead"):
        if worker.role != "handler":
            title = roles[worker.role].title if worker.role in roles else ADMIN
            yield Persona(ids[worker.email], worker.name, title, _unit_of(worker))


def _unit_of(worker: Worker) -> str | None:
    titles = {clinic.code: clinic.title for clinic in CLINICS}
    return ", ".join(titles[code] for code in worker.units) or None
