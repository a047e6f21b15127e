"""Consents: recorded with their terms, withdrawn, and looked at. Fact, deadlines, rows and messages change together."""

from dataclasses import dataclass
from datetime import datetime

from access.actors import Actor
from access.consents import Consent, Lack, Purpose, Terms, lacks_of
from access.rules import Action
from engine.authorising import authorise
from engine.consent_expiry import UNTIL
from engine.consent_rows import consents_of, terms_as_answers
from engine.firing import Act, fire_within
from engine.parts import Engine
from storage import cases
from storage.people import staff_by_id
from workflows.case import Builtin, Event
from workflows.planning import Rules
from workflows.standing import consent_fact


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A consent as a page shows it. `lacks` says why it does not count now; empty when it does."""

    consent: Consent
    recorded_by: str | None
    lacks: tuple[Lack, ...]


def record_consent(engine: Engine, ref: str, terms: Terms, actor: Actor, now: datetime) -> None:
    """Record what a person has agreed to; an older consent of the same direction and purpose ends.

    For coordination the programme's own event happens too, so that its fact is set and its deadline is met.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
        EventRefusedError: the case cannot take the programme's event now.
        ConsentTermsError: made by `Terms` itself, for terms that no consent can have.
    """
    with engine.database.write() as connection:
        recorded = fire_within(
            connection, engine, Act(ref, Event(Builtin.CONSENT, terms_as_answers(terms)), actor, now)
        )
        own = _own_event(recorded.rules, terms) if terms.purpose is Purpose.COORDINATION else None
        if own is not None:
            fire_within(connection, engine, Act(ref, own, actor, now))
    engine.nudge()


def withdraw_consent(
    engine: Engine,
    ref: str,
    from_party: str,
    to_party: str,
    actor: Actor,
    now: datetime,
    purpose: Purpose | None = None,
) -> None:
    """Withdraw what was agreed on in a direction; what waits for that party is stopped in the same transaction.

    Args:
        engine: the parts.
        ref: the case.
        from_party: who may tell nothing any more.
        to_party: who may be told nothing any more.
        actor: who records it.
        now: the instant, UTC.
        purpose: one purpose only; None: all of them.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
    """
    said = {"from_party": from_party, "to_party": to_party, "purpose": purpose.value if purpose else None}
    with engine.database.write() as connection:
        fire_within(connection, engine, Act(ref, Event(Builtin.WITHDRAW, said), actor, now))
    engine.nudge()


def consent_lines(engine: Engine, ref: str, actor: Actor, now: datetime) -> tuple[ConsentLine, ...]:
    """Return every consent of a case, newest first. It names no person: no log.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`; a handler knows what was disclosed to her.
    """
    with engine.database.read() as connection:
        case = authorise(actor, Action.SEE_WHOLE, cases.find_case(connection, ref), ref)
        staff = staff_by_id(connection)
        found = consents_of(connection, case.id)
    return tuple(
        ConsentLine(
            one,
            staff[one.recorded_by].name if one.recorded_by in staff else None,
            lacks_of(one, one.terms.to, frozenset({one.terms.purpose}), now),
        )
        for one in reversed(found)
    )


def _own_event(rules: Rules, terms: Terms) -> Event | None:
    """Return the programme's own event that records a consent in this direction."""
    fact = consent_fact(terms.from_party, terms.to.party)
    for transition in rules.definition.transitions.values():
        if any(change.fact == fact and change.value is True for change in transition.sets):
            asks = any(asked.field == UNTIL for asked in transition.asks)
            return Event(transition.name, {UNTIL: terms.valid_until} if asks else {})
    return None
