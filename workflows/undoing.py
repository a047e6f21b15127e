"""Taking back the last transition of a case: an event of its own, that puts the case back where it was before.

Nothing is taken out of the history. The case before the event is handed in (found by folding the history), so that
`decide` stays pure. Deadlines open again under a new fence: a ladder that has ended stays ended in the books.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from workflows.calendar import Calendar
from workflows.case import Became, DeadlineKey, DeadlineStep, Decision, Event, InvitationStep, Invited, Snapshot, Watch
from workflows.dates import local_date, shift
from workflows.model import Definition, Transition
from workflows.planning import Rules
from workflows.refusals import EventRefusedError, Refusal, Why

UNDONE = "undone"  # the answer that names the event which is undone


@dataclass(frozen=True, slots=True)
class Past:
    """The last event of a case: what it was, when it was decided (UTC), and the case as it was before."""

    event: Event
    at: datetime
    before: Snapshot


def undo(rules: Rules, now_is: Snapshot, event: Event, past: Past | None, now: datetime) -> Decision:
    """Decide what undoing leads to.

    Args:
        rules: what the case is decided by.
        now_is: the case.
        event: `case.undo`, whose answer `undone` names the event it undoes.
        past: the last event; None when nobody knows it, and then nothing can be undone.
        now: the instant of deciding, UTC.

    Raises:
        EventRefusedError: the event named is not the last one, or may not be undone, or no longer.
    """
    why = _refusal(rules, now_is, event, past, now)
    if past is None or why is not None:
        raise EventRefusedError(event.name, now_is.state, [why or Refusal(Why.NOT_LAST)])
    seq = now_is.seq + 1
    watches, steps = _restored(rules.definition, now_is.watch, past.before.watch, seq)
    invitations = dict(_invitations(now_is.invited, past.before.invited, now))
    invited = {**past.before.invited, **{kind: step.invited for kind, step in invitations.items()}}
    after = replace(past.before, seq=seq, watch=watches, invited=invited)
    sent = tuple(step for step in invitations.values() if step.invited.starts_at > now)
    return Decision(event, now_is, after, tuple(steps), sent)


def may_still_undo(transition: Transition | None, at: datetime, now: datetime, calendar: Calendar) -> bool:
    """Say whether a transition that was decided at `at` (UTC) may be undone: the definition says how long."""
    if transition is None or transition.undo is None:
        return False
    return local_date(now) <= shift(local_date(at), transition.undo, 1, calendar)


def _refusal(rules: Rules, now_is: Snapshot, event: Event, past: Past | None, now: datetime) -> Refusal | None:
    if past is None or past.before.seq + 1 != now_is.seq or event.answers.get(UNDONE) != past.event.name:
        return Refusal(Why.NOT_LAST)
    if rules.definition.states[now_is.state].final:
        return Refusal(Why.FINAL, now_is.state)
    transition = rules.definition.transitions.get(past.event.name)
    return None if may_still_undo(transition, past.at, now, rules.calendar) else Refusal(Why.UNDO_OVER)


def _restored(
    definition: Definition, now_are: Mapping[str, Watch], were: Mapping[str, Watch], seq: int
) -> tuple[dict[str, Watch], list[DeadlineStep]]:
    watches: dict[str, Watch] = {}
    steps: list[DeadlineStep] = []
    for kind in dict.fromkeys((*definition.deadlines, *now_are, *were)):
        watch, changes = _put_back(kind, now_are.get(kind), were.get(kind), seq)
        steps += changes
        if watch is not None:
            watches[kind] = watch
    return watches, steps


def _put_back(kind: str, now_is: Watch | None, was: Watch | None, seq: int) -> tuple[Watch | None, list[DeadlineStep]]:
    """Return a kind of deadline as it was. What is open anew has the undoing event as its fence: no key comes twice."""
    if now_is == was:
        return was, []
    if now_is and was and now_is.live and was.live and _key(kind, now_is) == _key(kind, was):
        return was, [DeadlineStep(_key(kind, was), Became.REVISED, was)]
    ended = replace(now_is, live=False, quiet=None) if now_is and now_is.live else None
    steps = [DeadlineStep(_key(kind, ended), Became.VOID, ended)] if ended else []
    if was is None:
        return None, steps
    if not was.live:
        return replace(was, entry_seq=seq, generation=-1), steps
    fresh = replace(was, entry_seq=seq, generation=0)
    return fresh, [*steps, DeadlineStep(_key(kind, fresh), Became.OPENED, fresh)]


def _key(kind: str, watch: Watch) -> DeadlineKey:
    return DeadlineKey(kind, watch.occurrence, watch.entry_seq, watch.generation)


def _invitations(
    now_are: Mapping[str, Invited], were: Mapping[str, Invited], now: datetime
) -> Iterator[tuple[str, InvitationStep]]:
    """Give what calendars out there have to be told. SEQUENCE goes on rising, else they keep what they believe."""
    for kind, invited in now_are.items():
        was = were.get(kind)
        if was == invited:
            continue
        again = was if was is not None and was.live and was.starts_at > now else None
        told = replace(again or invited, sequence=invited.sequence + 1, live=again is not None)
        yield kind, InvitationStep(kind, told)
