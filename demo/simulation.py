"""The demo's coordinators at work: they do what they mean to do, in working hours, on real cases, as themselves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush

from sqlalchemy import ColumnElement, select

from access.actors import Actor, Grant
from demo.draws import Draws
from demo.intents import moment_of, next_turn
from demo.people import CLINICS
from demo.turns import Turn, View
from engine.errors import CaseMovedError, NotAllowedError
from engine.firing import fire, snapshot_of
from engine.parts import Engine
from storage import people
from storage.cases import CaseRow, as_case, find_case_by_id
from storage.people import Away
from storage.tables import absence, case
from workflows.case import Event, Snapshot
from workflows.dates import local_date
from workflows.planning import Rules
from workflows.refusals import EventRefusedError

HASTE: Mapping[str, float] = {"lund-1": 0.8, "lund-2": 1.0, "lund-3": 1.5, "adhd-lund": 1.0, "arlov": 0.7}
A_DAYS_WORK = 9  # events one person has time for; what is more waits until tomorrow
TOGETHER = "review_at_pulse_meeting"  # many cases are gone through in one meeting


@dataclass(slots=True)
class _Followed:
    row: CaseRow
    snapshot: Snapshot
    rules: Rules
    draws: Draws
    clinic: int


class Coordinators:
    """Everybody who acts on cases, as one list of what happens when."""

    def __init__(self, engine: Engine, seed: str, now: datetime) -> None:
        self._engine = engine
        self._seed = seed
        self._followed: dict[int, _Followed] = {}
        self._agenda: list[tuple[datetime, int]] = []
        self._busy: Counter[tuple[int, date]] = Counter()
        self._read_people()
        self.read_cases(now)
        self.events = 0
        self.refused = 0

    def next_at(self) -> datetime | None:
        """Return when somebody does something next."""
        return self._agenda[0][0] if self._agenda else None

    def happen(self, at: datetime) -> None:
        """Let whatever is next happen; its time has come."""
        _, case_id = heappop(self._agenda)
        followed = self._followed[case_id]
        view = self._view(followed, at)
        turn = next_turn(view, followed.clinic)
        if turn is None:
            return
        if turn.on > view.today or not self._act(followed, turn, at):
            self._plan(case_id, turn, view, at)
            return
        self._follow_on(case_id, at)

    def read_cases(self, now: datetime) -> None:
        """Look up every open case, and what is meant to happen with it."""
        self._followed.clear()
        self._agenda.clear()
        self.welcome(case.c.closed_at.is_(None), now)

    def welcome(self, which: ColumnElement[bool], now: datetime) -> None:
        """Look up some cases, such as those just opened, and what is meant to happen with them."""
        with self._engine.database.read() as connection:
            for row in [as_case(row) for row in connection.execute(select(case).where(which))]:
                rules = self._engine.rulebook.rules(connection, row.programme, row.version, now)
                self._followed[row.id] = self._follow(row, rules)
                self._follow_on(row.id, now)

    def _read_people(self) -> None:
        with self._engine.database.read() as connection:
            self._units = {row.id: code for code, row in people.units_by_code(connection).items()}
            held = people.roles_held(connection)
            columns = (absence.c.staff_id, absence.c.from_on, absence.c.until_on, absence.c.deputy_id)
            self._absences = [Away(**row._mapping) for row in connection.execute(select(*columns))]
        grants: dict[int, list[Grant]] = {}
        for role in held:
            grants.setdefault(role.staff_id, []).append(Grant(role.role, role.unit_id))
        self._actors = {staff_id: Actor.staff(staff_id, mine) for staff_id, mine in grants.items()}

    def _follow(self, row: CaseRow, rules: Rules) -> _Followed:
        code = self._units[row.unit_id]
        clinic = next((number for number, clinic in enumerate(CLINICS) if clinic.code == code), 0)
        draws = Draws(self._seed, row.id, HASTE.get(code, 1.0))
        return _Followed(row, snapshot_of(row), rules, draws, clinic)

    def _view(self, followed: _Followed, now: datetime) -> View:
        opened_on = local_date(followed.row.opened_at)
        return View(followed.rules, followed.snapshot, followed.draws, opened_on, local_date(now))

    def _act(self, followed: _Followed, turn: Turn, at: datetime) -> bool:
        """Do it; say whether it was done, or has to wait because nobody is there or has time."""
        actor = self._present(followed.row, local_date(at))
        if actor is None or actor.staff_id is None:
            return False
        busy = (actor.staff_id, local_date(at))
        if turn.name != TOGETHER and self._busy[busy] >= A_DAYS_WORK:
            return False
        event = Event(turn.name, turn.answers)
        try:
            followed.snapshot = fire(self._engine, followed.row.ref, event, actor, at).decision.after
        except (EventRefusedError, CaseMovedError, NotAllowedError):
            # Somebody else has been here (the demo's own user, say): look at the case again, later.
            self.refused += 1
            with self._engine.database.read() as connection:
                followed.snapshot = snapshot_of(find_case_by_id(connection, followed.row.id) or followed.row)
            return False
        self._busy[busy] += turn.name != TOGETHER
        self.events += 1
        return True

    def _present(self, row: CaseRow, day: date) -> Actor | None:
        """Return the coordinator, or her deputy while she is away."""
        staff_id = row.coordinator_id
        for _ in range(3):
            away = next((a for a in self._absences if a.staff_id == staff_id and a.from_on <= day <= a.until_on), None)
            if away is None:
                break
            staff_id = away.deputy_id
        return self._actors.get(staff_id) if staff_id is not None else None

    def _plan(self, case_id: int, turn: Turn, view: View, at: datetime) -> None:
        """Put a turn on the agenda again: on its day, or tomorrow when it could not be done today."""
        earliest = at if turn.on > view.today else at + timedelta(hours=24)
        heappush(self._agenda, (moment_of(turn, self._view(self._followed[case_id], earliest), earliest), case_id))

    def _follow_on(self, case_id: int, at: datetime) -> None:
        followed = self._followed[case_id]
        view = self._view(followed, at)
        turn = next_turn(view, followed.clinic)
        if turn is not None:
            heappush(self._agenda, (moment_of(turn, view, at), case_id))
