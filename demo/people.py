"""Who works in the demo: five clinics with coordinators and deputies, and officers at FK. All of them are invented."""

from dataclasses import dataclass
from datetime import date

from access.actors import OPERATOR
from engine.parts import Engine
from engine.staffing import add_staff, add_unit, grant_role, set_absence


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic and how large a part of the cases it has."""

    code: str
    title: str
    share: int


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works here. `units` empty: the role is held everywhere."""

    name: str
    role: str
    units: tuple[str, ...] = ()
    language: str = "sv"
    at: str = "bevaka.example"
    digest: bool = False

    @property
    def email(self) -> str:
        """Her address, on a domain that leads nowhere."""
        return f"{self.name.lower().replace(' ', '.').translate(_PLAIN)}@{self.at}"


@dataclass(frozen=True, slots=True)
class Leave:
    """Days away, both included; `deputy` takes over."""

    name: str
    from_on: date
    until_on: date
    deputy: str


_PLAIN = str.maketrans("åäöé", "aaoe")

CLINICS = (
    Clinic("lund-1", "Allmänpsykiatrisk mottagning 1 Lund", 48),
    Clinic("lund-2", "Allmänpsykiatrisk mottagning 2 Lund", 41),
    Clinic("lund-3", "Allmänpsykiatrisk mottagning 3 Lund", 36),
    Clinic("adhd-lund", "ADHD-mottagningen Lund", 38),
    Clinic("arlov", "Psykiatrimottagningen Arlöv", 24),
)

FK = "fk.example"

WORKERS = (
    Worker("Alva Provkvist", "coordinator", ("lund-1",), digest=True),
    Worker("Bodil Provlund", "coordinator", ("lund-2",)),
    Worker("Cajsa Provgren", "coordinator", ("lund-3",), digest=True),
    Worker("Disa Provberg", "coordinator", ("adhd-lund",), language="en"),
    Worker("Edla Provström", "coordinator", ("arlov",)),
    Worker("Folke Provsten", "deputy", ("lund-1", "lund-2")),
    Worker("Göta Provholm", "deputy", ("lund-3", "adhd-lund")),
    Worker("Hilding Provnäs", "deputy", ("arlov",)),
    Worker("Iris Provdal", "unit_manager", ("lund-1", "lund-2")),
    Worker("Jarl Provvik", "unit_manager", ("lund-3",)),
    Worker("Kaj Provsjö", "unit_manager", ("adhd-lund",)),
    Worker("Love Provmark", "unit_manager", ("arlov",)),
    Worker("Majken Provhed", "project_lead"),
    Worker("Nanny Provås", "project_lead"),
    Worker("Orvar Provfors", "admin"),
    Worker("Pia Testlind", "handler", at=FK),
    Worker("Rune Testborg", "handler", at=FK),
    Worker("Saga Testmo", "handler", at=FK),
    Worker("Ture Testdahl", "handler", at=FK),
    Worker("Ulla Testrud", "handler", at=FK, language="en"),
    Worker("Vera Testbäck", "handler", at=FK),
)


def email_of(name: str) -> str:
    """Return the address of somebody who works here."""
    return next(worker.email for worker in WORKERS if worker.name == name)


def leaves() -> tuple[Leave, ...]:
    """Return who is away when, 2023 to 2025: summers, the days around New Year, and a few weeks of illness."""
    away: list[Leave] = []
    for year in (2023, 2024, 2025):
        away += [
            Leave("Alva Provkvist", date(year, 7, 3), date(year, 7, 28), "Folke Provsten"),
            Leave("Bodil Provlund", date(year, 7, 17), date(year, 8, 11), "Folke Provsten"),
            Leave("Cajsa Provgren", date(year, 6, 26), date(year, 7, 21), "Göta Provholm"),
            Leave("Disa Provberg", date(year, 7, 24), date(year, 8, 18), "Göta Provholm"),
            Leave("Edla Provström", date(year, 7, 10), date(year, 8, 4), "Hilding Provnäs"),
            Leave("Folke Provsten", date(year, 8, 14), date(year, 9, 1), "Göta Provholm"),
            Leave("Iris Provdal", date(year, 7, 10), date(year, 8, 4), "Jarl Provvik"),
            Leave("Alva Provkvist", date(year, 12, 27), date(year, 12, 30), "Folke Provsten"),
            Leave("Cajsa Provgren", date(year, 12, 22), date(year + 1, 1, 5), "Göta Provholm"),
            Leave("Edla Provström", date(year, 12, 27), date(year + 1, 1, 8), "Hilding Provnäs"),
        ]
    away += [
        Leave("Bodil Provlund", date(2023, 10, 9), date(2023, 10, 20), "Folke Provsten"),
        Leave("Disa Provberg", date(2023, 4, 17), date(2023, 4, 21), "Göta Provholm"),
        Leave("Disa Provberg", date(2024, 2, 12), date(2024, 2, 23), "Göta Provholm"),
        Leave("Cajsa Provgren", date(2024, 4, 8), date(2024, 4, 19), "Göta Provholm"),
    ]
    return tuple(away)


def install_people(engine: Engine) -> None:
    """Add the clinics, everybody who works there with their roles, and when they are away."""
    for clinic in CLINICS:
        add_unit(engine, clinic.code, clinic.title, OPERATOR)
    for worker in WORKERS:
        add_staff(engine, worker.email, worker.name, OPERATOR, language=worker.language, digest=worker.digest)
        for unit_code in worker.units or (None,):
            grant_role(engine, worker.email, worker.role, unit_code, OPERATOR)
    for leave in leaves():
        set_absence(engine, email_of(leave.name), leave.from_on, leave.until_on, email_of(leave.deputy), OPERATOR)
