"""People with accounts: invited, enrolled and signed in as they would be, with a telephone that tells codes."""

from dataclasses import dataclass, field
from datetime import datetime

from access.actors import OPERATOR
from access.one_time_codes import code_at, step_of
from engine.enrolling import Enrolled, enrol, invite, offer_of
from engine.sessions import CameFrom, SessionLimits
from engine.signing_in import check_code, check_password
from tests.house import ROLES, House

PASSWORD = "tre blå hästar på taket"  # noqa: S105 - of people who do not exist
DESK = CameFrom("192.0.2.10", "Firefox")
ELSEWHERE = CameFrom("198.51.100.66", "")
LIMITS = SessionLimits()


@dataclass
class Telephone:
    """What tells the one-time codes of one account."""

    secret: str

    def code(self, now: datetime, drift: int = 0) -> str:
        return code_at(self.secret, step_of(now) + drift)


@dataclass
class Account:
    """A member of staff who made an account."""

    house: House
    email: str
    staff_id: int
    telephone: Telephone
    enrolled: Enrolled
    entered: list[str] = field(default_factory=list)

    def password_given(self, now: datetime, came_from: CameFrom = DESK) -> str:
        """Give the password, and return the session that awaits a code."""
        return check_password(self.house.engine, self.email, PASSWORD, came_from, now, LIMITS)

    def sign_in(self, now: datetime, came_from: CameFrom = DESK) -> str:
        """Sign in and return the session's name."""
        half = self.password_given(now, came_from)
        return check_code(self.house.engine, half, self.telephone.code(now), came_from, now, LIMITS)


def account_in(house: House, now: datetime, role: str = "coordinator") -> Account:
    """Return an account that was made at an instant, from the desk."""
    email = ROLES[role]
    invited = invite(house.engine, email, OPERATOR, now)
    telephone = Telephone(offer_of(house.engine, invited.code, now).secret)
    enrolled = enrol(house.engine, invited.code, PASSWORD, telephone.code(now), DESK, now, LIMITS)
    return Account(house, email, house.staff[role], telephone, enrolled)
