"""A clinic whose database, key file and settings real `bevaka` processes share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bevaka.wiring import build_engine
from config.settings import read_settings
from notifications.channels.clock import Clock
from tests.house import House, build_house
from tests.processes import Region, region
from workflows.dates import local_date

SOON = timedelta(days=10)  # a meeting's date whose first reminder, 14 days before it, is due
PREFIX = "BEVAKA_"


@dataclass
class RegionHouse:
    """The clinic as this process sees it, and where processes are started for it."""

    house: House
    region: Region

    @property
    def folder(self) -> Path:
        """The processes' data folder, with the key file."""
        return self.region.folder

    def open_due(self, count: int) -> list[str]:
        """Open cases of which each has exactly one reminder due, to the coordinator."""
        today = local_date(self.region.now())
        target = today + SOON
        month = (target.replace(day=1) - timedelta(days=1)).replace(day=min(target.day, 28))
        until = f"{today.year + 2}-12-31"
        return self.house.open_many(count, month.isoformat(), now=self.region.now(), until=until)

    @contextmanager
    def by(self, clock: Clock) -> Iterator[House]:
        """Give the clinic with the keys and channels its processes have, living by a clock of its own."""
        house = wired(self.house, self.region.environment, clock)
        try:
            yield house
        finally:
            house.engine.database.close()


@contextmanager
def region_house(url: str, environment: Mapping[str, str], shift: timedelta | None = None) -> Iterator[RegionHouse]:
    """Give a clinic on an empty database; `environment` is what its processes are told besides, such as the broker."""
    with TemporaryDirectory() as folder:
        settings = {"BEVAKA_DATA_DIR": folder, "BEVAKA_DATABASE_URL": url, **environment}
        with region(Path(folder), settings) as place:
            place.shift = place.shift if shift is None else shift
            made = place.run("keys", "new")
            assert made.returncode == 0, made.stderr
            built = build_house(url)
            built.engine.database.close()
            house = wired(built, settings, place.now)
            try:
                yield RegionHouse(house, place)
            finally:
                house.engine.database.close()


def wired(house: House, environment: Mapping[str, str], clock: Clock) -> House:
    """Return a house with the engine that processes with this environment have."""
    told = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    return replace(house, engine=build_engine(read_settings(**told), clock=clock))
