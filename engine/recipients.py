"""Who gets it: roles become people when a message leaves. Assignee, then deputies, then the next level and an alarm."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from storage import people
from storage.cases import CaseRow
from storage.people import Away, Held, StaffRow
from workflows.model import Definition


@dataclass(frozen=True, slots=True)
class Found:
    """Who a role leads to today.

    Attributes:
        staff: the one who gets the message.
        on_behalf: she stands in for someone who is away.
        role: the role she was found in; another than was asked for when nobody could be found there.
    """

    staff: StaffRow
    on_behalf: bool
    role: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody, their roles, and who is away today."""

    staff: Mapping[int, StaffRow]
    held: Sequence[Held]
    away: Mapping[int, Away]

    @staticmethod
    def read(connection: Connection, day: date) -> "Directory":
        """Read the directory as it is on a Stockholm date."""
        return Directory(
            people.staff_by_id(connection), people.roles_held(connection), people.absences_on(connection, day)
        )

    def of(self, staff_id: int | None) -> "Directory":
        """Return a directory in which she alone can be found."""
        return Directory({one: row for one, row in self.staff.items() if one == staff_id}, self.held, self.away)

    def find(self, role: str, case: CaseRow, definition: Definition) -> Found | None:
        """Return who gets what is addressed to a role on a case; None when nobody can be found at any level.

        `role` may be one the definition does not have (`admin`); such a role has nobody above it.
        """
        asked: set[str] = set()
        level: str | None = role
        while level is not None and level not in asked:
            asked.add(level)
            for staff_id in self._holders(level, case):
                present = self._present(staff_id)
                if present is not None:
                    return Found(present, on_behalf=present.id != staff_id, role=level)
            declared = definition.roles.get(level)
            level = declared.above if declared else None
        return None

    def _holders(self, role: str, case: CaseRow) -> Iterator[int]:
        """Give the candidates for a role, the responsible one first."""
        if role == "coordinator":
            if case.coordinator_id is not None:
                yield case.coordinator_id
            yield from self.holding("deputy", case.unit_id)
        elif role == "handler":
            if case.handler_id is not None:
                yield case.handler_id
        elif role == "deputy":
            yield from self._deputies(case)
        else:
            yield from self.holding(role, case.unit_id)

    def _deputies(self, case: CaseRow) -> Iterator[int]:
        away = self.away.get(case.coordinator_id) if case.coordinator_id is not None else None
        if away and away.deputy_id is not None:
            yield away.deputy_id
        yield from self.holding("deputy", case.unit_id)

    def holding(self, role: str, unit_id: int | None) -> Iterator[int]:
        """Give those who hold a role in a unit, the unit's own before those who hold it everywhere."""
        yield from (h.staff_id for h in self.held if h.role == role and h.unit_id == unit_id and unit_id is not None)
        yield from (h.staff_id for h in self.held if h.role == role and h.unit_id is None)

    def present_holder(self, role: str, unit_id: int | None) -> StaffRow | None:
        """Return somebody who is here and holds a role in a unit, or stands in for one who does; None for nobody."""
        return next((found for one in self.holding(role, unit_id) if (found := self._present(one))), None)

    def _present(self, staff_id: int) -> StaffRow | None:
        """Follow absences from deputy to deputy, never in a circle, to someone who is here."""
        seen: set[int] = set()
        current: int | None = staff_id
        while current is not None and current not in seen:
            seen.add(current)
            member = self.staff.get(current)
            if member is None:
                return None
            away = self.away.get(current)
            if away is None and member.active:
                return member
            current = away.deputy_id if away else None
        return None

    def covered(self, staff_id: int) -> bool:
        """Say whether what is addressed to somebody reaches anybody: herself, a stand-in, or a deputy of her units.

        A coordinator's messages go to the deputies of her units when nobody stands in for her by name.
        """
        if self._present(staff_id) is not None:
            return True
        units = {held.unit_id for held in self.held if held.staff_id == staff_id and held.role == "coordinator"}
        return bool(units) and all(self._has_deputy(unit_id, staff_id) for unit_id in units)

    def _has_deputy(self, unit_id: int | None, but: int) -> bool:
        return any(self._present(other) is not None for other in self.holding("deputy", unit_id) if other != but)
