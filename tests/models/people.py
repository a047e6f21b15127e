"""Who gets what is addressed to a role: the people of `tests.house`, one a role, as DESIGN §5 says it."""

from dataclasses import dataclass, field
from datetime import date

ABOVE = {
    "coordinator": "unit_manager",
    "deputy": "unit_manager",
    "handler": "coordinator",
    "unit_manager": "project_lead",
}


@dataclass
class People:
    """Their absences: (who, first day, last day, who stands in). Of two that overlap the later noted counts."""

    absences: list[tuple[str, date, date, str | None]] = field(default_factory=list)

    def find(self, role: str, today: date) -> str | None:
        """Return the holder, else who stands in, else the same of the level above; None when nobody is here."""
        level: str | None = role
        while level is not None:
            for person in self.candidates(level, today):
                here = self.present(person, today)
                if here:
                    return here
            level = ABOVE.get(level)
        return None

    def candidates(self, role: str, today: date) -> list[str]:
        if role == "coordinator":
            return ["coordinator", "deputy"]
        if role == "deputy":  # whoever stands in for the coordinator comes before the unit's own deputy
            gone = self.absence("coordinator", today)
            return [gone[3], "deputy"] if gone and gone[3] else ["deputy"]
        return [role]

    def present(self, person: str, today: date) -> str | None:
        asked: list[str] = []
        while person not in asked:
            asked.append(person)
            gone = self.absence(person, today)
            if gone is None:
                return person
            if gone[3] is None:
                return None
            person = gone[3]
        return None

    def absence(self, person: str, today: date) -> tuple[str, date, date, str | None] | None:
        found = [absence for absence in self.absences if absence[0] == person and absence[1] <= today <= absence[2]]
        return found[-1] if found else None
