"""Who acts: a member of staff with the roles she holds where, the system itself, or an operator at the command line."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What kind of actor did something; the history keeps it."""

    STAFF = "staff"
    SYSTEM = "system"  # the clock and the postman
    OPERATOR = "cli"  # has the database's own keys; acts under the admin's rules


ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in one unit, or in every unit when `unit_id` is None."""

    role: str
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `staff_id` is None for the system and the operator."""

    kind: ActorKind
    staff_id: int | None = None
    grants: frozenset[Grant] = frozenset()

    @staticmethod
    def staff(staff_id: int, grants: Iterable[Grant]) -> "Actor":
        """Return a member of staff with the roles she holds."""
        return Actor(ActorKind.STAFF, staff_id, frozenset(grants))

    def roles_in(self, unit_id: int | None) -> frozenset[str]:
        """Return the roles held in a unit: the unit's own and those held everywhere."""
        return frozenset(g.role for g in self.grants if g.unit_id is None or g.unit_id == unit_id)

    @property
    def roles(self) -> frozenset[str]:
        """Return every role held anywhere."""
        return frozenset(g.role for g in self.grants)


SYSTEM = Actor(ActorKind.SYSTEM)
OPERATOR = Actor(ActorKind.OPERATOR, grants=frozenset({Grant(ADMIN)}))
