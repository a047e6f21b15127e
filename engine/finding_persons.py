"""A person found by her number: through the blind index, never through her data, and with a line in the access log."""

from datetime import datetime

from sqlalchemy import and_, select

from access.actors import Actor
from access.personnumbers import PersonalNumber, PersonalNumberError
from access.rules import Action, may
from engine.access_logging import log_reading
from engine.authorising import authorise_anywhere, facts_near
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.cases import as_case
from storage.tables import case, person
from workflows.dates import local_date
from workflows.errors import BevakaError

SEARCH = "search_person"  # what the access log calls it
MOST = 20


class NotANumberError(BevakaError):
    """What was typed is no personal number."""

    def __init__(self) -> None:
        super().__init__("number: allowed: YYYYMMDD-NNNN, with a check digit that is right")


def cases_of_person(engine: Engine, actor: Actor, number: str, now: datetime) -> tuple[str, ...]:
    """Return the references of a person's cases that the actor may link to her, newest first.

    That a case is somebody's is itself something about her: each case found is logged before it is told. A person
    nobody here knows and one the actor may not see answer alike: by nothing.

    Raises:
        NotAllowedError: the actor sees no persons.
        NotANumberError: that is no number.
        UnloggedReadError: the reading cannot be logged.
    """
    authorise_anywhere(actor, Action.SEE_PERSON)
    try:
        index = engine.vault.index(PersonalNumber.parse(number, today=local_date(now)))
    except PersonalNumberError:
        raise NotANumberError from None
    query = select(case).join(person, person.c.id == case.c.person_id)
    query = query.where(and_(person.c.number_index == index, visible_cases(actor))).order_by(case.c.id.desc())
    with engine.database.write() as connection:
        known = [as_case(row) for row in connection.execute(query.limit(MOST))]
        found = [one for one in known if may(actor, Action.SEE_PERSON, facts_near(connection, one, now))]
        for one in found:
            log_reading(connection, one, actor, SEARCH, now)
    return tuple(one.ref for one in found)
