"""Who may do what with a case. Deny by default; `engine.authorising` asks here, once, for web, tasks and command line.

The system acts for nobody and may only do what time does (sweep, deliver), which asks no permission here. An admin runs
the system and may drive any case, but sees no person (DESIGN §8).
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from access.actors import ADMIN, Actor


class Action(StrEnum):
    """What can be asked for."""

    SEE_CASE = "see_case"  # its reference, state, deadlines and history: no identity
    SEE_PERSON = "see_person"  # who it is about; every reading is logged
    FIRE = "fire"  # a transition; which roles may is the definition's `by`
    STEER = "steer"  # pause, resume, amend, acknowledge, snooze
    ASSIGN = "assign"
    OPEN = "open"  # open cases, one or by import
    DISCLOSE = "disclose"  # tell another authority named fields; logged as an event of the case
    REVIEW = "review"  # look through the log of who has read about whom
    RUN = "run"  # people, channels, definitions, outbox: the system itself


CARE_ROLES = frozenset({"coordinator", "deputy", "unit_manager"})
ALLOWED: dict[Action, frozenset[str]] = {
    Action.SEE_CASE: CARE_ROLES | {"project_lead", ADMIN},
    Action.SEE_PERSON: CARE_ROLES,
    Action.STEER: CARE_ROLES | {ADMIN},
    Action.ASSIGN: frozenset({"unit_manager", ADMIN}),
    Action.OPEN: frozenset({"coordinator", "unit_manager", ADMIN}),
    Action.DISCLOSE: CARE_ROLES,
    Action.REVIEW: frozenset({"unit_manager"}),
    Action.RUN: frozenset({ADMIN}),
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What permission depends on: where the case is and who its two sides are."""

    unit_id: int
    coordinator_id: int | None = None
    handler_id: int | None = None


def roles_on(actor: Actor, case: CaseFacts) -> frozenset[str]:
    """Return the roles an actor has on one case.

    A handler is a recipient of single cases, not a role in a clinic: it counts only on the cases assigned to her.
    """
    roles = actor.roles_in(case.unit_id)
    if actor.staff_id is None or actor.staff_id != case.handler_id:
        return roles - {"handler"}
    return roles


def may(actor: Actor, action: Action, case: CaseFacts, by: Set[str] = frozenset()) -> bool:
    """Say whether an actor may do something with a case.

    Args:
        actor: who asks.
        action: what for.
        case: the case's facts.
        by: for FIRE, the roles the definition lets fire this transition.
    """
    roles = roles_on(actor, case)
    if action is Action.FIRE:
        return bool(roles & (by | {ADMIN}))
    if action is Action.SEE_CASE and "handler" in roles:
        return True
    return bool(roles & ALLOWED[action])


def may_anywhere(actor: Actor, action: Action) -> bool:
    """Say whether an actor may do something that concerns no single case."""
    return bool(actor.roles & ALLOWED.get(action, frozenset()))
