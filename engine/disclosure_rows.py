"""Disclosures as rows, and as answers of events: checked where they are written, whoever asked for them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from access.consents import GROUPS, Basis, FkRequest, Ground, Lack, Recipient, Refused, may_disclose
from engine.consent_rows import consents_of
from engine.errors import DisclosureRefusedError
from storage import consents
from storage.cases import CaseRow
from storage.nearness import is_protected
from workflows.case import Decision
from workflows.guards import Value
from workflows.planning import as_date


def disclosure_answers(fields: frozenset[str], to: Recipient, asked_on: date | None) -> dict[str, Value]:
    """Return what is disclosed, to whom and on what ground as the answers of the event."""
    ground = Ground.CONSENT if asked_on is None else Ground.FK_REQUEST
    said: dict[str, Value] = {"fields": ",".join(sorted(fields)), "to_party": to.party, "recipient": to.role}
    return {**said, "ground": ground.value, **({"asked_on": asked_on} if asked_on else {})}


def record_disclosure(
    connection: Connection, case: CaseRow, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> None:
    """Write a disclosure of a held case, if a consent or the law allows it; raises `DisclosureRefusedError`."""
    given = decision.event.answers
    fields = frozenset(str(given.get("fields") or "").split(",")) - {""}
    to = Recipient(str(given.get("to_party")), str(given.get("recipient")))
    asked_on = as_date(given.get("asked_on"))
    request = FkRequest(asked_on, fields) if asked_on else None
    basis = may_disclose(consents_of(connection, case.id), fields, to, now, request=request)
    hidden = fields & GROUPS["identity"]
    if hidden and is_protected(connection, case.person_id):
        basis = Refused((Lack.PROTECTED,), tuple(sorted(hidden)))
    if isinstance(basis, Refused):
        raise DisclosureRefusedError(case.ref, basis)
    consents.insert_disclosure(connection, _row(case, decision, to, basis, fields, asked_on, actor, now))


def _row(
    case: CaseRow,
    decision: Decision,
    to: Recipient,
    basis: Basis,
    fields: frozenset[str],
    asked_on: date | None,
    actor: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "seq": decision.after.seq,
        "at": now,
        "fields": sorted(fields),
        "to_party": to.party,
        "recipient": to.role,
        "recipient_id": case.handler_id if to.role == "handler" else None,
        "ground": basis.ground.value,
        "consents": list(basis.consents),
        "asked_on": asked_on,
        **actor,
    }
