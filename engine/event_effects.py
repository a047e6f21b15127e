"""What an event of a case has to do beyond it, in the same transaction: consents, disclosures, a broken glass.

Such an event is written while the case is held, never by the path of few round trips (docs/adr/0011).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.consent_expiry import UNTIL, counting_values
from engine.consent_rows import record_what_happened, sets_consent
from engine.disclosure_rows import record_disclosure
from engine.glass_rows import record_opening
from engine.slots import role_of
from engine.unsent import take_back
from storage import consents
from storage.cases import CaseRow
from workflows.case import Builtin, Decision, Snapshot
from workflows.ladders import Outcome, Reason
from workflows.planning import Rules

ALWAYS = frozenset(
    builtin.value for builtin in (Builtin.CONSENT, Builtin.WITHDRAW, Builtin.DISCLOSE, Builtin.BREAK_GLASS)
)


def must_be_held(rules: Rules, decision: Decision, now: datetime) -> bool:
    """Say whether an event changes what others may be told, so that its case must be held while it is written."""
    before, event = decision.before, decision.event
    if event.name in ALWAYS or sets_consent(rules.definition.transitions.get(event.name)):
        return True
    if before is None:
        return False
    return UNTIL in event.answers or bool(_closed(rules, decision.after, now) - _closed(rules, before, now))


def write_effects(
    connection: Connection, rules: Rules, case: CaseRow, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> None:
    """Write what an event that `must_be_held` leads to; the caller holds the case.

    Args:
        connection: the transaction that has written the event.
        rules: what it was decided by.
        case: the case as it was before.
        decision: what was decided.
        actor: who acted, as columns.
        now: the instant, UTC.

    Raises:
        DisclosureRefusedError: nothing allows what was to be disclosed.
        EventRefusedError: the terms of a consent are none.
        BadEntryError: the reason or the length of a broken glass.
    """
    if decision.event.name == Builtin.DISCLOSE:
        record_disclosure(connection, case, decision, actor, now)
        return
    if decision.event.name == Builtin.BREAK_GLASS:
        record_opening(connection, case, decision, actor, now)
        return
    record_what_happened(connection, rules, case, decision, actor, now)
    closed = _closed(rules, decision.after, now)
    if closed:
        stop_messages(connection, case.id, closed, now)


def stop_messages(connection: Connection, case_id: int, roles: frozenset[str], now: datetime) -> None:
    """Suppress what waits for roles that may be told nothing any more. That a meeting is cancelled they still hear."""
    for message in consents.queued_about(connection, case_id):
        if message.kind != "cancel" and role_of(message.slot) in roles:
            take_back(connection, message, Outcome.SUPPRESSED, Reason.NO_CONSENT, now)


def _closed(rules: Rules, snapshot: Snapshot, now: datetime) -> frozenset[str]:
    """Return the roles that may be told nothing about a case as it is."""
    gated = [role for role in rules.definition.roles.values() if role.needs is not None]
    if not gated:
        return frozenset()
    values = counting_values(snapshot, now)
    return frozenset(role.name for role in gated if role.needs and not role.needs.holds(values))
