"""The one place that says yes. Web, tasks and command line all come through here; deny by default."""

from collections.abc import Set

from access.actors import Actor
from access.rules import ALLOWED, Action, CaseFacts, may, may_anywhere
from engine.errors import CaseNotFoundError, NotAllowedError
from storage.cases import CaseRow


def authorise(actor: Actor, action: Action, case: CaseRow | None, ref: str, by: Set[str] = frozenset()) -> CaseRow:
    """Return the case if the actor may do this with it.

    Args:
        actor: who asks.
        action: what for.
        case: the case found, or None.
        ref: the reference asked for.
        by: for FIRE, the roles the definition names.

    Raises:
        CaseNotFoundError: there is no such case, or the actor may not even see it.
        NotAllowedError: the actor sees the case but may not do this.
    """
    if case is None or not may(actor, Action.SEE_CASE, facts_of(case)):
        raise CaseNotFoundError(ref)
    if not may(actor, action, facts_of(case), by):
        raise NotAllowedError(action, frozenset(by) or ALLOWED.get(action, frozenset()))
    return case


def authorise_anywhere(actor: Actor, action: Action) -> None:
    """Raise `NotAllowedError` unless the actor may do something that concerns no single case."""
    if not may_anywhere(actor, action):
        raise NotAllowedError(action, ALLOWED.get(action, frozenset()))


def facts_of(case: CaseRow) -> CaseFacts:
    """Return what permission depends on."""
    return CaseFacts(case.unit_id, case.coordinator_id, case.handler_id)
