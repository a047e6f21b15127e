"""The one place that says yes. Web, tasks and command line all come through here; deny by default."""

from collections.abc import Mapping, Set
from datetime import datetime

from sqlalchemy import Connection

from access.actors import Actor
from access.rules import ALLOWED, Action, CaseFacts, may, may_anywhere, may_in, may_note_absence
from engine.errors import CaseNotFoundError, NotAllowedError
from storage import people
from storage.cases import CaseRow
from storage.nearness import is_protected, opened_by
from storage.people import Away
from workflows.dates import local_date


def authorise(
    actor: Actor,
    action: Action,
    case: CaseRow | None,
    ref: str,
    by: Set[str] = frozenset(),
    facts: CaseFacts | None = None,
) -> CaseRow:
    """Return the case if the actor may do this with it.

    Args:
        actor: who asks.
        action: what for.
        case: the case found, or None.
        ref: the reference asked for.
        by: for FIRE, the roles the definition names.
        facts: what permission depends on, where more is known of it than the case's row says (`facts_near`).

    Raises:
        CaseNotFoundError: there is no such case, or the actor may not even see it.
        NotAllowedError: the actor sees the case but may not do this.
    """
    if case is None or not may(actor, Action.SEE_CASE, facts_of(case)):
        raise CaseNotFoundError(ref)
    if not may(actor, action, facts or facts_of(case), by):
        raise NotAllowedError(action, frozenset(by) or ALLOWED.get(action, frozenset()))
    return case


def authorise_near(
    connection: Connection, actor: Actor, action: Action, case: CaseRow | None, ref: str, now: datetime
) -> CaseRow:
    """Return the case if the actor may come near its person (SEE_PERSON, BREAK_GLASS) today; raises as `authorise`."""
    return authorise(actor, action, case, ref, facts=facts_near(connection, case, now) if case is not None else None)


def authorise_anywhere(actor: Actor, action: Action) -> None:
    """Raise `NotAllowedError` unless the actor may do something that concerns no single case."""
    if not may_anywhere(actor, action):
        raise NotAllowedError(action, ALLOWED.get(action, frozenset()))


def authorise_in(actor: Actor, action: Action, unit_id: int | None) -> None:
    """Raise `NotAllowedError` unless the actor may do something in a unit, or (None) in the whole house."""
    if not may_in(actor, action, unit_id):
        raise NotAllowedError(action, ALLOWED.get(action, frozenset()))


def authorise_absence(connection: Connection, actor: Actor, staff_id: int) -> None:
    """Raise `NotAllowedError` unless the actor may note that somebody is away: she herself, or one she answers for."""
    units = {held.unit_id for held in people.roles_held(connection) if held.staff_id == staff_id}
    if not may_note_absence(actor, staff_id, units):
        raise NotAllowedError(Action.MANAGE_ABSENCES, ALLOWED[Action.MANAGE_ABSENCES])


def facts_of(case: CaseRow) -> CaseFacts:
    """Return what permission depends on, as far as the case's row says it: nobody is let near the person by it."""
    return CaseFacts(case.unit_id, case.coordinator_id, case.handler_id)


def facts_near(
    connection: Connection, case: CaseRow, now: datetime, away: Mapping[int, Away] | None = None
) -> CaseFacts:
    """Return all that permission depends on, who is let near the person at an instant (UTC) included.

    Args:
        connection: the caller's transaction.
        case: the case.
        now: the instant.
        away: who is away today, where the caller has read it already.
    """
    absent = people.absences_on(connection, local_date(now)) if away is None else away
    return CaseFacts(
        case.unit_id,
        case.coordinator_id,
        case.handler_id,
        standing_in=_standing_in(case.coordinator_id, absent),
        coordinator_away=case.coordinator_id is None or case.coordinator_id in absent,
        opened_by=opened_by(connection, case.id, now),
        protected=is_protected(connection, case.person_id),
    )


def _standing_in(coordinator_id: int | None, away: Mapping[int, Away]) -> frozenset[int]:
    """Return who stands in for somebody who is away: her deputy, or that one's deputy if she is away too."""
    found: set[int] = set()
    absent = away.get(coordinator_id) if coordinator_id is not None else None
    while absent is not None and absent.deputy_id is not None and absent.deputy_id not in found:
        found.add(absent.deputy_id)
        absent = away.get(absent.deputy_id)
    return frozenset(one for one in found if one not in away)
