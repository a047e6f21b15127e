"""The machine: `decide` says what an event leads to. Pure: it reads no clock, no file, no database.

`engine` writes what is decided; replay, preview and simulation call the same function and write nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from workflows.answers import answer_refusals, opening_refusals
from workflows.case import Builtin, Decision, Event, InvitationStep, Invited, Snapshot
from workflows.dates import local_date
from workflows.guards import Value
from workflows.model import Fact, FactType, Invite, Transition
from workflows.planning import Rules, as_date, guard_values, plan
from workflows.refusals import EventRefusedError, Refusal, Why
from workflows.standing import apply_builtin

BUILTINS = frozenset(builtin.value for builtin in Builtin)
HELD_ON = "held_on"  # the field that says when something recorded afterwards really happened


def decide(rules: Rules, snapshot: Snapshot | None, event: Event, now: datetime) -> Decision:
    """Decide what an event leads to.

    Args:
        rules: the case's pinned definition and the calendar in force.
        snapshot: the case before the event; None for `case.open`, whose answers are the case's first data.
        event: a transition of the definition or a `Builtin`.
        now: the instant of deciding, UTC.

    Returns:
        The case afterwards and every change of deadlines and invitations.

    Raises:
        EventRefusedError: with every reason at once.
    """
    if snapshot is None:
        return _open(rules, event, now)
    if event.name in BUILTINS:
        changed, happened_on = apply_builtin(rules, snapshot, event, now)
        return _planned(rules, snapshot, changed, event, happened_on, now)
    refusals = refusals_of(rules, snapshot, event, now)
    if refusals:
        raise EventRefusedError(event.name, snapshot.state, refusals)
    transition = rules.definition.transitions[event.name]
    changed, invitations = _moved(transition, snapshot, event)
    decision = _planned(rules, snapshot, changed, event, _happened_on(event, now), now)
    return replace(decision, invitations=invitations)


def refusals_of(rules: Rules, snapshot: Snapshot, event: Event, now: datetime) -> tuple[Refusal, ...]:
    """Say why a transition may not be fired with these answers; empty when it may.

    Where the transition cannot happen from this state at all, that alone is said: the rest would be noise.
    """
    transition = rules.definition.transitions.get(event.name)
    if transition is None:
        return (Refusal(Why.UNKNOWN_EVENT, event.name, allowed=tuple(rules.definition.transitions)),)
    blocked = blockers(rules, snapshot, transition, now)
    return blocked or answer_refusals(rules.definition, transition, event.answers, now)


def blockers(rules: Rules, snapshot: Snapshot, transition: Transition, now: datetime) -> tuple[Refusal, ...]:
    """Say what stands in the way of a transition before anybody has answered anything: its state and its guards."""
    if snapshot.state not in transition.sources:
        final = rules.definition.states[snapshot.state].final
        why = Why.FINAL if final else Why.WRONG_STATE
        return (Refusal(why, snapshot.state, allowed=tuple(sorted(transition.sources))),)
    values = guard_values(snapshot, now)
    failures = (failure for guard in transition.needs for failure in guard.failures(values))
    return tuple(Refusal(Why.GUARD, failure.clause, failure.names) for failure in failures)


def _open(rules: Rules, event: Event, now: datetime) -> Decision:
    refusals = opening_refusals(rules.definition, event.answers, now)
    if event.name != Builtin.OPEN:
        refusals = (Refusal(Why.UNKNOWN_EVENT, event.name, allowed=(Builtin.OPEN,)),)
    if refusals:
        raise EventRefusedError(event.name, "", refusals)
    facts = {fact.name: _nothing(fact) for fact in rules.definition.facts.values()}
    first = Snapshot(state=rules.definition.initial, seq=1, entry_seq=1, data={**facts, **event.answers})
    planned, steps = plan(rules, {}, first, event.name, local_date(now), now)
    return Decision(event, None, planned, steps)


def _nothing(fact: Fact) -> bool | int:
    return 0 if fact.type is FactType.COUNT else False


def _planned(rules: Rules, before: Snapshot, changed: Snapshot, event: Event, on: date, now: datetime) -> Decision:
    planned, steps = plan(rules, before.watch, changed, event.name, on, now)
    return Decision(event, before, planned, steps)


def _happened_on(event: Event, now: datetime) -> date:
    return as_date(event.answers.get(HELD_ON)) or local_date(now)


def _moved(transition: Transition, before: Snapshot, event: Event) -> tuple[Snapshot, tuple[InvitationStep, ...]]:
    seq = before.seq + 1
    entered = transition.to is not None and transition.to != before.state
    data = _with_facts(transition, {**before.data, **event.answers})
    after = replace(
        before,
        state=transition.to or before.state,
        seq=seq,
        entry_seq=seq if entered else before.entry_seq,
        data=data,
    )
    invitation = _invitation(transition.invite, after) if transition.invite else None
    if invitation is None:
        return after, ()
    return replace(after, invited={**after.invited, invitation.kind: invitation.invited}), (invitation,)


def _with_facts(transition: Transition, data: dict[str, Value]) -> Mapping[str, Value]:
    for change in transition.sets:
        old = data.get(change.fact)
        if isinstance(change.value, bool):
            data[change.fact] = change.value
        else:
            data[change.fact] = (old if isinstance(old, int) else 0) + change.value
    return data


def _invitation(invite: Invite, after: Snapshot) -> InvitationStep | None:
    """Return the invitation a transition sends. SEQUENCE rises with every change, else calendars keep the old one."""
    earlier = after.invited.get(invite.kind)
    if invite.cancels:
        if earlier is None or not earlier.live:
            return None
        return InvitationStep(invite.kind, replace(earlier, sequence=earlier.sequence + 1, live=False))
    starts_at = after.data.get(invite.at)
    if not isinstance(starts_at, datetime):
        return None
    place = after.data.get(invite.place) if invite.place else None
    sequence = earlier.sequence + 1 if earlier else 0
    invited = Invited(sequence, starts_at, invite.minutes, place if isinstance(place, str) else None, invite.to)
    return InvitationStep(invite.kind, invited)
