"""Consents and disclosures: what a person has agreed to, and what was told to whom on which ground."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from access.consents import Form, Giver, Purpose, Recipient, Terms
from access.rules import Action
from engine.consenting import ConsentLine, consent_lines, record_consent, withdraw_consent
from engine.disclosing import DisclosedField, disclose, disclosed_to
from engine.parts import Engine
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.shapes import Day, Instant, RefPath, Scalar, Shape, plain

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["trust"])
Party = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
PurposeName = Literal["coordination", "information_exchange", "follow_up"]


class ConsentTerms(Shape):
    """What was agreed: a direction, a recipient, a purpose, groups of fields, and an end (the last day counts)."""

    giver: Literal["person", "representative"]
    from_party: Party
    to_party: Party
    recipient: Party
    purpose: PurposeName
    groups: Annotated[list[Party], Field(min_length=1, max_length=40)]
    form: Literal["written", "verbal", "digital", "unstated"]
    valid_from: Day
    valid_until: Day


class Consent(ConsentTerms):
    """A recorded consent; `lacks` says why it does not count now, and is empty when it does."""

    id: int
    recorded_at: Instant
    recorded_by: str | None
    ended_at: Instant | None
    ended: str | None
    lacks: list[str]


class Consents(Shape):
    """Every consent of a case, the newest first."""

    consents: list[Consent]


class Withdrawal(Shape):
    """The direction in which nothing may be told any more; for one purpose, or (null) for all."""

    from_party: Party
    to_party: Party
    purpose: PurposeName | None = None


class DisclosureToMake(Shape):
    """Fields to tell the case's handler at FK; `asked_on` where FK has asked for them itself (SFB 110:31)."""

    fields: Annotated[list[FieldName], Field(min_length=1, max_length=60)]
    asked_on: Day | None = None


class Disclosure(Shape):
    """What was told, and on which ground."""

    fields: list[str]
    ground: str
    consents: list[int]


class Disclosed(Shape):
    """A field as it was when it was told."""

    name: str
    value: Scalar
    at: Instant
    ground: str


class Disclosures(Shape):
    """What was told to the case's handler and may still be shown to her."""

    disclosed: list[Disclosed]


@router.get("/cases/{ref}/consents", operation_id="list_consents", response_model=Consents)
def tell_consents(call: CallDep, ref: RefPath) -> Response:
    """Give every consent of a case. It names no person."""
    return call.answer(_consents(call, call.engine, ref))


@router.post("/cases/{ref}/consents", operation_id="record_consent", status_code=201, response_model=Consents)
def receive_consent(call: CallDep, ref: RefPath, wanted: ConsentTerms) -> Response:
    """Record a consent; an older one of the same direction and purpose ends."""
    actor = call.acting(Action.STEER)

    def act(engine: Engine) -> Answer:
        record_consent(engine, ref, _terms(wanted), actor, call.now)
        return Answer(_consents(call, engine, ref), 201)

    return call.once(act)


@router.post("/cases/{ref}/consents/withdrawals", operation_id="withdraw_consent", response_model=Consents)
def receive_withdrawal(call: CallDep, ref: RefPath, wanted: Withdrawal) -> Response:
    """Withdraw consents in a direction; what waits for that party is stopped in the same transaction."""
    actor = call.acting(Action.STEER)
    purpose = Purpose(wanted.purpose) if wanted.purpose else None

    def act(engine: Engine) -> Answer:
        withdraw_consent(engine, ref, wanted.from_party, wanted.to_party, actor, call.now, purpose)
        return Answer(_consents(call, engine, ref))

    return call.once(act)


@router.get("/cases/{ref}/disclosures", operation_id="list_disclosed", response_model=Disclosures)
def tell_disclosed(call: CallDep, ref: RefPath) -> Response:
    """Give the case's handler what was told her and may still be shown; the reading is logged."""
    call.acting(Action.SEE_PERSON)
    found = disclosed_to(call.engine, ref, call.bearer.actor, call.now)
    return call.answer(Disclosures(disclosed=[_disclosed(one) for one in found]))


@router.post("/cases/{ref}/disclosures", operation_id="disclose", status_code=201, response_model=Disclosure)
def receive_disclosure(call: CallDep, ref: RefPath, wanted: DisclosureToMake) -> Response:
    """Tell named fields to the case's handler at FK, where a consent or the law allows it."""
    actor = call.acting(Action.DISCLOSE)

    def act(engine: Engine) -> Answer:
        basis = disclose(engine, ref, wanted.fields, actor, call.now, asked_on=wanted.asked_on)
        told = Disclosure(fields=sorted(set(wanted.fields)), ground=basis.ground.value, consents=list(basis.consents))
        return Answer(told, 201)

    return call.once(act)


def _consents(call: Call, engine: Engine, ref: str) -> Consents:
    found = consent_lines(engine, ref, call.acting(Action.SEE_CASE), call.now)
    return Consents(consents=[_consent(line) for line in found])


def _terms(wanted: ConsentTerms) -> Terms:
    return Terms(
        Giver(wanted.giver),
        wanted.from_party,
        Recipient(wanted.to_party, wanted.recipient),
        Purpose(wanted.purpose),
        frozenset(wanted.groups),
        Form(wanted.form),
        wanted.valid_from,
        wanted.valid_until,
    )


def _consent(line: ConsentLine) -> Consent:
    one, terms = line.consent, line.consent.terms
    return Consent(
        id=one.id,
        giver=terms.giver.value,
        from_party=terms.from_party,
        to_party=terms.to.party,
        recipient=terms.to.role,
        purpose=terms.purpose.value,
        groups=sorted(terms.groups),
        form=terms.form.value,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        recorded_at=one.recorded_at,
        recorded_by=line.recorded_by,
        ended_at=one.ended_at,
        ended=one.ended.value if one.ended else None,
        lacks=[lack.value for lack in line.lacks],
    )


def _disclosed(one: DisclosedField) -> Disclosed:
    return Disclosed(name=one.name, value=plain(one.value), at=one.at, ground=one.ground.value)
