"""What a person has agreed to, and whether something may be told on that ground. Pure; there is no "everything".

Care tells others something about a person only with her consent (OSL 25:1, 10:1), which cannot be general and can be
withdrawn at any time; Försäkringskassan may ask on its own, and is then answered by law (socialförsäkringsbalken
110:31). So a consent has a direction, a recipient, a purpose, groups of fields and an end (facts/finsam.md §5).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from workflows.dates import local_date
from workflows.errors import BevakaError

CARE, FK = "region", "fk"  # the two parties of every programme, as definitions name them
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Giver(StrEnum):
    """Who consented."""

    PERSON = "person"
    REPRESENTATIVE = "representative"  # a legal one: god man, förvaltare, guardian


class Purpose(StrEnum):
    """What for. Each purpose is a consent of its own: JO has criticised forms that mix them."""

    COORDINATION = "coordination"  # of efforts, lag 2019:1297
    INFORMATION = "information_exchange"
    FOLLOW_UP = "follow_up"


class Form(StrEnum):
    """How it was given."""

    WRITTEN = "written"
    VERBAL = "verbal"
    DIGITAL = "digital"
    UNSTATED = "unstated"  # recorded without saying how: to be completed


class Ended(StrEnum):
    """How a consent ended before its last day."""

    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"  # by a newer one of the same direction and purpose


class Lack(StrEnum):
    """Why something may not be told."""

    NO_CONSENT = "no_consent"  # none at all in this direction
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PURPOSE = "other_purpose"
    FIELD_NOT_COVERED = "field_not_covered"
    NOTHING_NAMED = "nothing_named"  # a disclosure is of named fields
    NOT_BY_LAW = "not_by_law"  # only FK's own request is answered by law
    NOT_ASKED_FOR = "not_asked_for"  # FK's request did not name the field
    PROTECTED = "protected"  # who a person with protected identity is, is told to nobody through this system


GROUPS: Mapping[str, frozenset[str]] = {
    "identity": frozenset({"person.name", "person.number", "person.municipality"}),
    "benefit": frozenset({"decision_date", "benefit_from", "benefit_until", "level", "age_limit_on"}),
    "meetings": frozenset({"meeting_at", "place", "held_on"}),
    "plan": frozenset({"plan_agreed_on", "goals"}),
    "evaluation": frozenset({"evaluation", "outcome"}),
}
"""Groups of fields that a person is asked about as one. A field in none of them is its own group."""

FOR_CASES = frozenset({Purpose.COORDINATION, Purpose.INFORMATION})
"""Purposes on which something in a case may be told; follow-up is for figures."""


class ConsentTermsError(BevakaError):
    """Terms that no consent can have: which one, and what is allowed."""

    def __init__(self, term: str, allowed: str) -> None:
        self.term = term
        self.allowed = allowed
        super().__init__(f"{term}: allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told something: an authority, and the role there."""

    party: str
    role: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed. `groups` holds names of `GROUPS` or of single fields; the last day is part of the time."""

    giver: Giver
    from_party: str
    to: Recipient
    purpose: Purpose
    groups: frozenset[str]
    form: Form
    valid_from: date
    valid_until: date

    def __post_init__(self) -> None:
        for term in ("from_party", "to_party", "recipient"):
            if not _NAME.fullmatch(self._name(term)):
                raise ConsentTermsError(term, "a-z, 0-9, _")
        if self.from_party == self.to.party:
            raise ConsentTermsError("to_party", "another authority than the one that tells")
        if not self.groups or not all(_NAME.fullmatch(name) for name in self.groups) or "all" in self.groups:
            raise ConsentTermsError("groups", f"{', '.join(GROUPS)}, or names of fields; never all")
        if self.valid_until < self.valid_from:
            raise ConsentTermsError("valid_until", "the first day or later")

    def _name(self, term: str) -> str:
        return {"from_party": self.from_party, "to_party": self.to.party, "recipient": self.to.role}[term]


@dataclass(frozen=True, slots=True)
class Consent:
    """A recorded consent. `recorded_at` and `ended_at` are UTC; `recorded_by` is a member of staff's id."""

    id: int
    terms: Terms
    recorded_at: datetime
    recorded_by: int | None = None
    ended_at: datetime | None = None
    ended: Ended | None = None


class Ground(StrEnum):
    """The legal ground of a disclosure."""

    CONSENT = "consent"
    FK_REQUEST = "sfb_110_31"  # FK's own request: authorities must answer, barring exceptional reasons


@dataclass(frozen=True, slots=True)
class Basis:
    """What a disclosure rests on: consents by id, or FK's request."""

    ground: Ground
    consents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, every reason at once; `fields` are those nothing covers."""

    reasons: tuple[Lack, ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FkRequest:
    """FK asked by itself, on a day, for these fields."""

    asked_on: date
    fields: frozenset[str]


def may_disclose(
    consents: Sequence[Consent],
    fields: Collection[str],
    recipient: Recipient,
    now: datetime,
    *,
    from_party: str = CARE,
    purposes: frozenset[Purpose] = FOR_CASES,
    request: FkRequest | None = None,
) -> Basis | Refused:
    """Say on what ground fields may be told, or why not.

    Args:
        consents: every consent of the case, ended ones too.
        fields: names of the fields, each by itself.
        recipient: who is to be told.
        now: the instant, UTC; days are those of Stockholm.
        from_party: who tells.
        purposes: what for; a consent for one of them will do.
        request: FK's own request, if there is one; then consents do not matter.
    """
    if not fields:
        return Refused((Lack.NOTHING_NAMED,))
    if request is not None:
        return _by_law(request, fields, recipient, from_party)
    mine = [one for one in consents if one.terms.from_party == from_party]
    lacks = {one.id: lacks_of(one, recipient, purposes, now) for one in mine}
    good = [one for one in mine if not lacks[one.id]]
    if not good:
        return Refused(_in_order({lack for found in lacks.values() for lack in found} or {Lack.NO_CONSENT}))
    bare = tuple(sorted(field for field in fields if not any(covers(one.terms, field) for one in good)))
    if bare:
        return Refused((Lack.FIELD_NOT_COVERED,), bare)
    used = (one.id for one in good if any(covers(one.terms, field) for field in fields))
    return Basis(Ground.CONSENT, tuple(sorted(used)))


def lacks_of(consent: Consent, recipient: Recipient, purposes: frozenset[Purpose], now: datetime) -> tuple[Lack, ...]:
    """Say what one consent lacks for this recipient, purpose and instant, whatever the fields."""
    terms, today, found = consent.terms, local_date(now), set[Lack]()
    if consent.ended_at is not None and consent.ended_at <= now:
        found.add(Lack.WITHDRAWN)
    if today < terms.valid_from:
        found.add(Lack.NOT_YET)
    if today > terms.valid_until:
        found.add(Lack.EXPIRED)
    if terms.to != recipient:
        found.add(Lack.OTHER_RECIPIENT)
    if terms.purpose not in purposes:
        found.add(Lack.OTHER_PURPOSE)
    return _in_order(found)


def in_force(consent: Consent, now: datetime) -> bool:
    """Say whether a consent counts at an instant (UTC), for whatever it was given."""
    return not lacks_of(consent, consent.terms.to, frozenset({consent.terms.purpose}), now)


def covers(terms: Terms, field: str) -> bool:
    """Say whether a field is among those agreed on."""
    return field in terms.groups or any(field in GROUPS.get(group, ()) for group in terms.groups)


def _by_law(request: FkRequest, fields: Collection[str], recipient: Recipient, from_party: str) -> Basis | Refused:
    if recipient.party != FK or from_party == FK:
        return Refused((Lack.NOT_BY_LAW,))
    bare = tuple(sorted(set(fields) - request.fields))
    return Refused((Lack.NOT_ASKED_FOR,), bare) if bare else Basis(Ground.FK_REQUEST)


def _in_order(lacks: Collection[Lack]) -> tuple[Lack, ...]:
    return tuple(lack for lack in Lack if lack in lacks)
