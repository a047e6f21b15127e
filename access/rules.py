"""Who may do what. Deny by default; `engine.authorising` asks here, once, for web, tasks and command line.

The system acts for nobody and may only do what time does (sweep, deliver), which asks no permission here. An admin runs
the system and may drive any case, but sees no person (DESIGN §8). Who sees a person is not a matter of roles alone:
`may_see_person` (docs/adr/0014).
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from access.actors import ADMIN, Actor


class Action(StrEnum):
    """What can be asked for."""

    SEE_CASE = "see_case"  # that it is there: its reference and state. A handler sees no more of it by herself
    SEE_WHOLE = "see_whole"  # what the case knows, its deadlines and history: no identity
    SEE_PERSON = "see_person"  # who it is about; every reading is logged
    BREAK_GLASS = "break_glass"  # see a person of one's unit for an hour, with a reason; told to the unit manager
    FIRE = "fire"  # a transition; which roles may is the definition's `by`
    STEER = "steer"  # pause, resume, amend, acknowledge, snooze
    ASSIGN = "assign"
    OPEN = "open"  # open cases, one or by import
    DISCLOSE = "disclose"  # tell another authority named fields; logged as an event of the case
    REVIEW = "review"  # look through the log of who has read about whom
    FIGURES = "figures"  # aggregates and reports, never a case
    SEE_PEOPLE = "see_people"  # who works here, with roles and absences
    MANAGE_PEOPLE = "manage_people"  # add, invite, give roles, disable
    MANAGE_ABSENCES = "manage_absences"  # others' absences; one's own always (`may_note_absence`)
    MANAGE_UNITS = "manage_units"
    SEE_CHANNELS = "see_channels"  # whether a unit's Teams connection works; never its address
    TEST_CHANNEL = "test_channel"  # send a test message through it
    MANAGE_CHANNELS = "manage_channels"  # set, replace, mend
    SEE_OUTBOX = "see_outbox"  # what waits and what failed
    RESEND = "resend"  # retry, re-route and release messages
    MANAGE_TOKENS = "manage_tokens"  # others' API tokens; everybody has her own
    RUN = "run"  # definitions, backups, the system itself


FUNDER, LOG_REVIEWER, HANDLER, UNIT_MANAGER = "funder", "log_reviewer", "handler", "unit_manager"
HOUSE_ROLES = frozenset({ADMIN, FUNDER, LOG_REVIEWER})  # held in the house; no definition needs to name them
CARE_ROLES = frozenset({"coordinator", "deputy", UNIT_MANAGER})
WHOLE = CARE_ROLES | {"project_lead", ADMIN}
OVER_UNITS = frozenset({UNIT_MANAGER, ADMIN})
ALLOWED: dict[Action, frozenset[str]] = {
    Action.SEE_CASE: WHOLE,
    Action.SEE_WHOLE: WHOLE,
    Action.SEE_PERSON: CARE_ROLES,
    Action.BREAK_GLASS: frozenset({"coordinator", "deputy"}),
    Action.STEER: CARE_ROLES | {ADMIN},
    Action.ASSIGN: OVER_UNITS,
    Action.OPEN: frozenset({"coordinator", UNIT_MANAGER, ADMIN}),
    Action.DISCLOSE: CARE_ROLES,
    Action.REVIEW: frozenset({UNIT_MANAGER, LOG_REVIEWER}),
    Action.FIGURES: frozenset({FUNDER, "project_lead", UNIT_MANAGER, ADMIN}),
    Action.SEE_PEOPLE: WHOLE,
    Action.MANAGE_PEOPLE: frozenset({ADMIN}),
    Action.MANAGE_ABSENCES: OVER_UNITS,
    Action.MANAGE_UNITS: frozenset({ADMIN}),
    Action.SEE_CHANNELS: OVER_UNITS,
    Action.TEST_CHANNEL: OVER_UNITS,
    Action.MANAGE_CHANNELS: frozenset({ADMIN}),
    Action.SEE_OUTBOX: WHOLE,
    Action.RESEND: frozenset({ADMIN}),
    Action.MANAGE_TOKENS: frozenset({ADMIN}),
    Action.RUN: frozenset({ADMIN}),
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What permission depends on: where the case is, who its two sides are, and who is let near its person today.

    Attributes:
        standing_in: who stands in for the coordinator while she is away.
        coordinator_away: she is, or there is none: then the unit's deputies act for her.
        opened_by: who has broken the glass, for as long as that lasts.
        protected: skyddade personuppgifter; also where nobody has said yet.
    """

    unit_id: int
    coordinator_id: int | None = None
    handler_id: int | None = None
    standing_in: frozenset[int] = frozenset()
    coordinator_away: bool = False
    opened_by: frozenset[int] = frozenset()
    protected: bool = True


def roles_on(actor: Actor, case: CaseFacts) -> frozenset[str]:
    """Return the roles an actor has on one case.

    A handler is a recipient of single cases, not a role in a clinic: it counts only on the cases assigned to her.
    """
    roles = actor.roles_in(case.unit_id)
    if actor.staff_id is None or actor.staff_id != case.handler_id:
        return roles - {HANDLER}
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
    if action is Action.SEE_CASE and HANDLER in roles:
        return True
    if action is Action.SEE_PERSON:
        return may_see_person(actor, case)
    if action is Action.BREAK_GLASS:
        return bool(roles & ALLOWED[action]) and not case.protected and not may_see_person(actor, case)
    return bool(roles & ALLOWED[action])


def may_see_person(actor: Actor, case: CaseFacts) -> bool:
    """Say whether somebody needs to know whom a case is about.

    The unit manager, the case's coordinator, whoever stands in for her, and whoever has broken the glass. A protected
    identity is for the first two alone (facts/trust.md §3).
    """
    roles, me = roles_on(actor, case) & CARE_ROLES, actor.staff_id
    if not roles or me is None:
        return False
    if UNIT_MANAGER in roles or me == case.coordinator_id:
        return True
    if case.protected:
        return False
    return me in case.standing_in | case.opened_by or ("deputy" in roles and case.coordinator_away)


def is_disclosed_to(actor: Actor, case: CaseFacts) -> bool:
    """Say whether an actor sees of a case only what was disclosed to her: its handler at another authority."""
    roles = roles_on(actor, case)
    return HANDLER in roles and not roles & ALLOWED[Action.SEE_WHOLE]


def may_anywhere(actor: Actor, action: Action) -> bool:
    """Say whether an actor may do something that concerns no single case."""
    return bool(actor.roles & ALLOWED.get(action, frozenset()))


def may_in(actor: Actor, action: Action, unit_id: int | None) -> bool:
    """Say whether an actor may do something in a unit, or (None) in the whole house."""
    return bool(actor.roles_in(unit_id) & ALLOWED.get(action, frozenset()))


def may_note_absence(actor: Actor, staff_id: int, units: Set[int | None]) -> bool:
    """Say whether an actor may note that somebody is away: herself, or somebody who works where she answers.

    Args:
        actor: who asks.
        staff_id: who is away.
        units: where that one holds roles; None among them: everywhere.
    """
    if actor.staff_id == staff_id:
        return True
    return any(may_in(actor, Action.MANAGE_ABSENCES, unit_id) for unit_id in units | {None})
