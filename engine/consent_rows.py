"""Consents as rows, and as answers of events; what an event of a case makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from access.consents import (
    FK,
    Consent,
    ConsentTermsError,
    Ended,
    Form,
    Giver,
    Purpose,
    Recipient,
    Terms,
    in_force,
)
from engine.consent_expiry import CONSENT, UNTIL
from storage import consents
from storage.cases import CaseRow
from workflows.case import Builtin, Decision, Event
from workflows.dates import local_date
from workflows.guards import Value
from workflows.model import Transition
from workflows.planning import Rules, as_date
from workflows.refusals import EventRefusedError, Refusal, Why

LEAST = frozenset({"meetings"})  # what a consent covers of which nothing more was said
A_YEAR = timedelta(days=365)  # where a programme does not ask: no consent is for ever
HANDLER = Recipient(FK, "handler")


def consents_of(connection: Connection, case_id: int) -> list[Consent]:
    """Return every consent ever recorded for a case."""
    return [as_consent(row) for row in consents.consents_of(connection, [case_id])]


def as_consent(row: Row[Any]) -> Consent:
    """Return a row as `access.consents` sees it."""
    terms = Terms(
        Giver(row.giver),
        row.from_party,
        Recipient(row.to_party, row.recipient),
        Purpose(row.purpose),
        frozenset(row.groups),
        Form(row.form),
        row.valid_from,
        row.valid_until,
    )
    ended = Ended(row.ended) if row.ended else None
    return Consent(row.id, terms, row.recorded_at, row.actor_id, row.ended_at, ended)


def terms_as_answers(terms: Terms) -> dict[str, Value]:
    """Return terms as the answers of the event that records them."""
    return {
        "giver": terms.giver.value,
        "from_party": terms.from_party,
        "to_party": terms.to.party,
        "recipient": terms.to.role,
        "purpose": terms.purpose.value,
        "groups": ",".join(sorted(terms.groups)),
        "form": terms.form.value,
        "from_on": terms.valid_from,
        "until_on": terms.valid_until,
    }


def terms_in(event: Event, state: str) -> Terms:
    """Return the terms an event records; raises `EventRefusedError` when they are none."""
    given = event.answers
    first, last = as_date(given.get("from_on")), as_date(given.get("until_on"))
    if first is None or last is None:
        missing = "from_on" if first is None else "until_on"
        raise EventRefusedError(event.name, state, [Refusal(Why.MISSING_ANSWER, missing)])
    try:
        return Terms(
            Giver(_one_of(given, "giver", Giver)),
            str(given.get("from_party")),
            Recipient(str(given.get("to_party")), str(given.get("recipient"))),
            Purpose(_one_of(given, "purpose", Purpose)),
            frozenset(str(given.get("groups") or "").split(",")) - {""},
            Form(_one_of(given, "form", Form)),
            first,
            last,
        )
    except ConsentTermsError as error:
        refusal = Refusal(Why.BAD_ANSWER, error.term, allowed=(error.allowed,))
        raise EventRefusedError(event.name, state, [refusal]) from None


def _one_of(given: Mapping[str, Value], name: str, allowed: Iterable[str]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or value not in set(allowed):
        raise ConsentTermsError(name, ", ".join(allowed))
    return value


def sets_consent(transition: Transition | None) -> bool:
    """Say whether a transition records or withdraws a consent."""
    return transition is not None and any(CONSENT.fullmatch(change.fact) for change in transition.sets)


def record_what_happened(
    connection: Connection, rules: Rules, case: CaseRow, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> None:
    """Bring the consents of a held case in line with what has been decided about it."""
    event, known = decision.event, consents_of(connection, case.id)
    if event.name == Builtin.CONSENT:
        _record(connection, case, known, terms_in(event, case.state), decision, actor, now)
    elif event.name == Builtin.WITHDRAW:
        _withdraw(connection, known, event.answers, now)
    else:
        for fact in _facts_touched(rules, decision):
            _follow_fact(connection, case, known, fact, decision, actor, now)


def _facts_touched(rules: Rules, decision: Decision) -> list[str]:
    before = decision.before.data if decision.before else {}
    after = decision.after.data
    transition = rules.definition.transitions.get(decision.event.name)
    named = {change.fact for change in transition.sets} if transition else set()
    moved = before.get(UNTIL) != after.get(UNTIL)
    facts = (name for name in rules.definition.facts if CONSENT.fullmatch(name))
    return [name for name in facts if moved or name in named or before.get(name) != after.get(name)]


def _follow_fact(
    connection: Connection,
    case: CaseRow,
    known: list[Consent],
    fact: str,
    decision: Decision,
    actor: Mapping[str, Any],
    now: datetime,
) -> None:
    """Let a consent stand for the fact the machine knows: its fields are what was said, or the least there is."""
    from_party, _, to_party = fact.removeprefix("consent.").partition("_to_")
    if decision.after.data.get(fact) is not True:
        _withdraw(connection, known, {"from_party": from_party, "to_party": to_party}, now)
        return
    today = local_date(now)
    asked = as_date(decision.after.data.get(UNTIL))
    until = asked or today + A_YEAR
    mine = [one for one in known if _is_coordination(one, from_party, to_party) and in_force(one, now)]
    if any(one.terms.valid_until == until for one in mine) and not _is_new(decision, fact):
        return
    if any(one.recorded_at == now and asked in {None, one.terms.valid_until} for one in mine):
        return  # its terms were recorded just before, in the same transaction
    if until < today:
        for one in mine:
            consents.end_consents(connection, [one.id], Ended.WITHDRAWN.value, now)
        return
    kept = mine[-1].terms if mine and not _is_new(decision, fact) else None
    terms = replace(kept, valid_until=until) if kept else _least(from_party, to_party, today, until)
    _record(connection, case, known, terms, decision, actor, now)


def _is_new(decision: Decision, fact: str) -> bool:
    """Say whether the event recorded a consent, and did not only correct how long it lasts."""
    return decision.event.name != Builtin.AMEND or not (decision.before and decision.before.data.get(fact))


def _is_coordination(consent: Consent, from_party: str, to_party: str) -> bool:
    terms = consent.terms
    return (terms.from_party, terms.to.party, terms.purpose) == (from_party, to_party, Purpose.COORDINATION)


def _least(from_party: str, to_party: str, first: date, last: date) -> Terms:
    to = Recipient(to_party, HANDLER.role)
    return Terms(Giver.PERSON, from_party, to, Purpose.COORDINATION, LEAST, Form.UNSTATED, first, last)


def _record(
    connection: Connection,
    case: CaseRow,
    known: list[Consent],
    terms: Terms,
    decision: Decision,
    actor: Mapping[str, Any],
    now: datetime,
) -> None:
    same = (terms.from_party, terms.to, terms.purpose)
    older = [
        one.id for one in known if one.ended is None and (one.terms.from_party, one.terms.to, one.terms.purpose) == same
    ]
    consents.end_consents(connection, older, Ended.REPLACED.value, now)
    row = {
        "case_id": case.id,
        "giver": terms.giver.value,
        "from_party": terms.from_party,
        "to_party": terms.to.party,
        "recipient": terms.to.role,
        "purpose": terms.purpose.value,
        "groups": sorted(terms.groups),
        "form": terms.form.value,
        "valid_from": terms.valid_from,
        "valid_until": terms.valid_until,
        "seq": decision.after.seq,
        "recorded_at": now,
        **actor,
    }
    consents.insert_consent(connection, row)


def _withdraw(connection: Connection, known: list[Consent], given: Mapping[str, Value], now: datetime) -> None:
    """End what was agreed on in a direction: for one purpose, or for all of them."""
    direction, purpose = (given.get("from_party"), given.get("to_party")), given.get("purpose")
    mine = (one for one in known if one.ended is None and (one.terms.from_party, one.terms.to.party) == direction)
    ids = [one.id for one in mine if purpose in {None, "", one.terms.purpose.value}]
    consents.end_consents(connection, ids, Ended.WITHDRAWN.value, now)
