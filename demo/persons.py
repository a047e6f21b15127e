"""Whom the demo's cases are about: nobody. Invented names, and numbers of Skatteverket's test series."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from random import Random

from access.identities import Identity
from access.personnumbers import synthetic_number, synthetic_serials

# On the first day; the oldest have a year left when the demo opens.
YOUNGEST, OLDEST = timedelta(days=19 * 365 + 40), timedelta(days=28 * 365 + 190)
MUNICIPALITIES = ("Lund", "Lund", "Lund", "Eslöv", "Hörby", "Höör", "Burlöv", "Staffanstorp")

# Built of syllables so that no name is anybody's, and none is a word that a message could happen to hold.
_GIVEN = [
    a + b for a, b in product(("Zy", "Qui", "Wex", "Ox", "Yv", "Jax", "Xan"), ("mira", "dolfo", "bertil", "runde"))
]
_FAMILY = [
    a + b
    for a, b in product(("Blåzz", "Fjäxa", "Grymq", "Kvizz", "Mjöxe", "Snårz", "Trollq"), ("berga", "torpo", "vikko"))
]


@dataclass(frozen=True, slots=True, repr=False)
class DemoPerson:
    """An invented person, and the last day she could have the benefit (SFB 33:18)."""

    identity: Identity
    born_on: date

    @property
    def age_limit_on(self) -> date:
        """Return the last day of the month before the one in which she turns 30."""
        return date(self.born_on.year + 30, self.born_on.month, 1) - timedelta(days=1)


def invent_persons(count: int, on: date, seed: str) -> list[DemoPerson]:
    """Invent persons aged 19 to 28 on a date, each with a name and a number of her own. Equal seeds, equal people."""
    random = Random(f"{seed}/persons")
    names = [f"{given} {family}" for given, family in product(_GIVEN, _FAMILY)]
    random.shuffle(names)
    numbers = _numbers(random, on)
    return [_person(random, name, *next(numbers)) for name in names[:count]]


def _numbers(random: Random, on: date) -> Iterator[tuple[date, int]]:
    """Give birth dates and serials; the test series has two numbers a day, so a pair comes once."""
    given: set[tuple[date, int]] = set()
    while True:
        born_on = on - timedelta(days=random.randint(YOUNGEST.days, OLDEST.days))
        pair = (born_on, random.choice(synthetic_serials(born_on)))
        if pair not in given:
            given.add(pair)
            yield pair


def _person(random: Random, name: str, born_on: date, serial: int) -> DemoPerson:
    number = synthetic_number(born_on, serial)
    return DemoPerson(Identity(name, number, random.choice(MUNICIPALITIES), random.random() < 0.01), born_on)
