"""A consent ends with its last day though nobody presses anything: what counts is looked at when somebody is told.

The machine keeps the fact as it was recorded, so that a deadline can watch over its end, and histories lead to the same
cases whenever they are replayed. Whoever is about to tell or invite another party asks here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from workflows.case import Event, Snapshot
from workflows.guards import TODAY, Value
from workflows.planning import Rules, as_date, guard_values
from workflows.refusals import EventRefusedError, Refusal, Why

CONSENT = re.compile(r"consent\.([a-z0-9_]+?)_to_([a-z0-9_]+)")
UNTIL = "consent_until"  # the field in which a programme asks how long a consent lasts


def counting_values(snapshot: Snapshot, now: datetime) -> Mapping[str, Value]:
    """Return what guards look at, with consents that have run out not counted."""
    values = guard_values(snapshot, now)
    if not has_run_out(values):
        return values
    return {name: False if CONSENT.fullmatch(name) else value for name, value in values.items()}


def counting(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Return a case as it counts for what may be done next: consents that have run out are none."""
    values = counting_values(snapshot, now)
    return replace(snapshot, data={name: values[name] for name in snapshot.data})


def has_run_out(values: Mapping[str, Value]) -> bool:
    """Say whether the last day of a case's consent has passed; `values` are those of its guards."""
    until, today = as_date(values.get(UNTIL)), as_date(values.get(TODAY))
    return until is not None and today is not None and until < today


def refuse_on_run_out_consent(rules: Rules, snapshot: Snapshot, event: Event, now: datetime) -> None:
    """Raise `EventRefusedError` when an event needs a consent that has run out."""
    transition = rules.definition.transitions.get(event.name)
    if transition is None or not transition.needs or snapshot.state not in transition.sources:
        return
    values = counting_values(snapshot, now)
    failures = [failure for guard in transition.needs for failure in guard.failures(values)]
    if failures and has_run_out(values):
        refusals = [Refusal(Why.GUARD, failure.clause, failure.names) for failure in failures]
        raise EventRefusedError(event.name, snapshot.state, refusals)
