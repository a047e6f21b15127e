"""The events every programme has: amending, pausing, acknowledging, recomputing, migrating, consents, disclosures."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from workflows.answers import FIRST_YEAR, LAST_YEAR, amend_refusals, told, within_years
from workflows.case import Builtin, Event, Pause, Quiet, QuietKind, Snapshot, Watch
from workflows.dates import local_date
from workflows.planning import Rules
from workflows.refusals import EventRefusedError, Refusal, Why

COORDINATION = "coordination"  # the purpose whose consent a programme's machine knows as a fact


def consent_fact(from_party: str, to_party: str) -> str:
    """Return the fact by which a programme's machine knows that one party may tell another."""
    return f"consent.{from_party}_to_{to_party}"


def apply_builtin(rules: Rules, before: Snapshot, event: Event, now: datetime) -> tuple[Snapshot, date]:
    """Return the case after a built-in event (deadlines not yet planned) and the day it happened.

    Raises:
        EventRefusedError: the event does not fit the case.
    """
    after = _EVENTS[Builtin(event.name)](rules, before, event, now)
    return replace(after, seq=before.seq + 1), local_date(now)


def _amend(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    refusals = amend_refusals(rules.definition, event.answers, now)
    if refusals:
        raise EventRefusedError(event.name, before.state, refusals)
    return replace(before, data={**before.data, **told(event.answers)})


def _pause(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    kind, from_on = event.answers.get("kind"), _day(event, before, "from_on") or local_date(now)
    if not isinstance(kind, str) or kind not in rules.definition.pauses:
        raise _refused(event, before, Refusal(Why.BAD_ANSWER, "kind", allowed=tuple(rules.definition.pauses)))
    if rules.definition.states[before.state].final:
        raise _refused(event, before, Refusal(Why.FINAL, before.state))
    if from_on > local_date(now):
        raise _refused(event, before, Refusal(Why.FUTURE_DATE, "from_on"))
    if any(p.kind == kind and p.until_on is None for p in before.pauses):
        raise _refused(event, before, Refusal(Why.ALREADY_PAUSED, kind))
    return replace(before, pauses=(*before.pauses, Pause(kind, from_on)))


def _resume(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    kind = event.answers.get("kind")
    until_on = _day(event, before, "until_on") or local_date(now)
    running = [p for p in before.pauses if p.kind == kind and p.until_on is None]
    if not running:
        allowed = tuple(p.kind for p in before.pauses if p.until_on is None)
        known = kind if isinstance(kind, str) and kind in rules.definition.pauses else "kind"
        raise _refused(event, before, Refusal(Why.NOT_PAUSED, known, allowed=allowed))
    if until_on > local_date(now):
        raise _refused(event, before, Refusal(Why.FUTURE_DATE, "until_on"))
    if until_on < running[0].from_on:
        raise _refused(event, before, Refusal(Why.UNTIL_PAST, "until_on"))
    ended = replace(running[0], until_on=until_on)
    return replace(before, pauses=tuple(ended if p is running[0] else p for p in before.pauses))


def _acknowledge(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    return _quieten(QuietKind.ACKNOWLEDGED, before, event, now)


def _snooze(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    if not event.answers.get("reason"):
        raise _refused(event, before, Refusal(Why.NO_REASON, "reason"))
    _, watch = _live_watch(before, event)
    until_on = _day(event, before, "until_on")
    if until_on and watch.due_on and until_on > watch.due_on:
        raise _refused(event, before, Refusal(Why.UNTIL_AFTER_DUE, "until_on"))
    return _quieten(QuietKind.SNOOZED, before, event, now)


def _quieten(kind: QuietKind, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    name, watch = _live_watch(before, event)
    until_on = _day(event, before, "until_on")
    if until_on is None:
        raise _refused(event, before, Refusal(Why.MISSING_ANSWER, "until_on"))
    if until_on <= local_date(now):
        raise _refused(event, before, Refusal(Why.UNTIL_PAST, "until_on"))
    quiet = Quiet(kind, until_on, seq=before.seq + 1)
    return replace(before, watch={**before.watch, name: replace(watch, quiet=quiet)})


def _live_watch(before: Snapshot, event: Event) -> tuple[str, Watch]:
    name = event.answers.get("deadline")
    watch = before.watch.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or watch is None or not watch.live:
        live = tuple(kind for kind, w in before.watch.items() if w.live)
        known = name if isinstance(name, str) and name in before.watch else "deadline"
        raise _refused(event, before, Refusal(Why.NOT_OPEN, known, allowed=live))
    return name, watch


def _recompute(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    return before


def _not_alone(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    """Refuse: what is undone is found in the history, which `machine.decide` is handed for this event alone."""
    raise _refused(event, before, Refusal(Why.NOT_LAST))


def _noted(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    """Change nothing the machine knows: the event itself is what is to be remembered."""
    return before


def _withdraw(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    """Let the fact of the consent end with it, where the programme has one: also in a case that is closed."""
    direction = event.answers.get("from_party"), event.answers.get("to_party")
    fact = consent_fact(*(party if isinstance(party, str) else "" for party in direction))
    if fact not in rules.definition.facts or event.answers.get("purpose") not in {None, "", COORDINATION}:
        return before
    return replace(before, data={**before.data, fact: False})


def _migrate(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    """Move to the rules' definition. The case stays in its state, which the new version must have."""
    if before.state not in rules.definition.states:
        raise _refused(event, before, Refusal(Why.WRONG_STATE, before.state, allowed=tuple(rules.definition.states)))
    return before


def _day(event: Event, before: Snapshot, name: str) -> date | None:
    """Return a date among the answers; None when it was not given, a refusal when it is no date to count with."""
    value = event.answers.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, datetime) or not isinstance(value, date) or not within_years(value):
        raise _refused(event, before, Refusal(Why.BAD_ANSWER, name, allowed=(f"date in {FIRST_YEAR}-{LAST_YEAR}",)))
    return value


def _refused(event: Event, before: Snapshot, refusal: Refusal) -> EventRefusedError:
    return EventRefusedError(event.name, before.state, [refusal])


def _open_twice(rules: Rules, before: Snapshot, event: Event, now: datetime) -> Snapshot:
    raise _refused(event, before, Refusal(Why.WRONG_STATE, before.state))


_EVENTS: Mapping[Builtin, Callable[[Rules, Snapshot, Event, datetime], Snapshot]] = {
    Builtin.OPEN: _open_twice,
    Builtin.AMEND: _amend,
    Builtin.PAUSE: _pause,
    Builtin.RESUME: _resume,
    Builtin.RECOMPUTE: _recompute,
    Builtin.MIGRATE: _migrate,
    Builtin.ACKNOWLEDGE: _acknowledge,
    Builtin.SNOOZE: _snooze,
    Builtin.CONSENT: _noted,
    Builtin.WITHDRAW: _withdraw,
    Builtin.DISCLOSE: _noted,
    Builtin.UNDO: _not_alone,
    Builtin.BREAK_GLASS: _noted,
}
