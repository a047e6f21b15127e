"""The machine: `decide` says what an event leads to. Pure: it reads no clock, no file, no database.

`engine` writes what is decided; replay, preview and simulation call the same function and write nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from workflows.answers import answer_refusals, opening_refusals, told
from workflows.calendar import CalendarRangeError
from workflows.case import Builtin, Decision, Event, InvitationStep, Invited, Snapshot
from workflows.dates import local_date
from workflows.guards import Value
from workflows.model import Fact, FactType, Invite, Transition
from workflows.planning import Rules, as_date, guard_values, plan
from workflows.refusals import EventRefusedError, Refusal, Why, shown
from workflows.standing import apply_builtin
from workflows.undoing import Past, undo

BUILTINS = frozenset(builtin.value for builtin in Builtin)
HELD_ON = "held_on"  # the field that says when something recorded afterwards really happened


def decide(rules: Rules, snapshot: Snapshot | None, event: Event, now: datetime, past: Past | None = None) -> Decision:
    """Decide what an event leads to.

    Args:
        rules: the case's pinned definition and the calendar in force.
        snapshot: the case before the event; None for `case.open`, whose answers are the case's first data.
        event: a transition of the definition or a `Builtin`.
        now: the instant of deciding, UTC.
        past: the last event and the case before it, for `case.undo` alone.

    Returns:
        The case afterwards and every change of deadlines and invitations.

    Raises:
        EventRefusedError: with every reason at once.
    """
    if snapshot is None:
        return _open(rules, event, now)
    if event.name == Builtin.UNDO:
        return undo(rules, snapshot, event, past, now)
    if event.name in BUILTINS:
        changed, happened_on = apply_builtin(rules, snapshot, event, now)
        return _planned(rules, snapshot, changed, event, happened_on, now)
    refusals = refusals_of(rules, snapshot, event, now)
    if refusals:
        raise EventRefusedError(event.name, snapshot.state, refusals)
    transition = rules.definition.transitions[event.name]
    changed, invitations = _moved(rules, transition, snapshot, event, now)
    decision = _planned(rules, snapshot, changed, event, _happened_on(event, now), now)
    return replace(decision, invitations=invitations)


def refusals_of(rules: Rules, snapshot: Snapshot, event: Event, now: datetime) -> tuple[Refusal, ...]:
    """Say why a transition may not be fired with these answers; empty when it may.

    Where the transition cannot happen from this state at all, that alone is said: the rest would be noise.
    """
    transition = rules.definition.transitions.get(event.name)
    if transition is None:
        return (Refusal(Why.UNKNOWN_EVENT, shown(event.name), allowed=tuple(rules.definition.transitions)),)
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
    if event.name != Builtin.OPEN:
        raise EventRefusedError(
            event.name, "", [Refusal(Why.UNKNOWN_EVENT, shown(event.name), allowed=(Builtin.OPEN.value,))]
        )
    refusals = opening_refusals(rules.definition, event.answers, now)
    if refusals:
        raise EventRefusedError(event.name, "", refusals)
    facts = {fact.name: _nothing(fact) for fact in rules.definition.facts.values()}
    first = Snapshot(state=rules.definition.initial, seq=1, entry_seq=1, data={**facts, **told(event.answers)})
    return _planned(rules, None, first, event, local_date(now), now)


def _nothing(fact: Fact) -> bool | int:
    return 0 if fact.type is FactType.COUNT else False


def _planned(
    rules: Rules, before: Snapshot | None, changed: Snapshot, event: Event, on: date, now: datetime
) -> Decision:
    try:
        planned, steps = plan(rules, before.watch if before else {}, changed, event.name, on, now)
    except CalendarRangeError as error:
        state = before.state if before else ""
        raise EventRefusedError(event.name, state, [Refusal(Why.OUT_OF_CALENDAR)]) from error
    return Decision(event, before, planned, steps)


def _happened_on(event: Event, now: datetime) -> date:
    return as_date(event.answers.get(HELD_ON)) or local_date(now)


def _moved(
    rules: Rules, transition: Transition, before: Snapshot, event: Event, now: datetime
) -> tuple[Snapshot, tuple[InvitationStep, ...]]:
    seq = before.seq + 1
    entered = transition.to is not None and transition.to != before.state
    data = _with_facts(transition, {**before.data, **told(event.answers)})
    after = replace(
        before,
        state=transition.to or before.state,
        seq=seq,
        entry_seq=seq if entered else before.entry_seq,
        data=data,
    )
    invitations = _invitations(transition, after)
    if rules.definition.states[after.state].final:
        invitations = {**_withdrawn(after, now), **invitations}
    steps = tuple(InvitationStep(kind, invited) for kind, invited in invitations.items())
    return replace(after, invited={**after.invited, **invitations}), steps


def _withdrawn(after: Snapshot, now: datetime) -> dict[str, Invited]:
    """Withdraw every meeting still to come: a closed case meets nobody."""
    coming = {kind: i for kind, i in after.invited.items() if i.live and i.starts_at > now}
    return {kind: replace(i, sequence=i.sequence + 1, live=False) for kind, i in coming.items()}


def _with_facts(transition: Transition, data: dict[str, Value]) -> Mapping[str, Value]:
    for change in transition.sets:
        old = data.get(change.fact)
        if isinstance(change.value, bool):
            data[change.fact] = change.value
        else:
            data[change.fact] = (old if isinstance(old, int) else 0) + change.value
    return data


def _invitations(transition: Transition, after: Snapshot) -> dict[str, Invited]:
    invited = _invited(transition.invite, after) if transition.invite else None
    return {transition.invite.kind: invited} if transition.invite and invited else {}


def _invited(invite: Invite, after: Snapshot) -> Invited | None:
    """Return the invitation a transition sends. SEQUENCE rises with every change, else calendars keep the old one."""
    earlier = after.invited.get(invite.kind)
    if invite.cancels:
        return replace(earlier, sequence=earlier.sequence + 1, live=False) if earlier and earlier.live else None
    starts_at = after.data.get(invite.at)
    if not isinstance(starts_at, datetime):
        return None
    place = after.data.get(invite.place) if invite.place else None
    sequence = earlier.sequence + 1 if earlier else 0
    return Invited(sequence, starts_at, invite.minutes, place if isinstance(place, str) else None, invite.to)
