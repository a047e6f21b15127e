"""Do consents and disclosures still say what their events say? The events are under signed heads; the rows are not."""

from collections.abc import Iterator

from sqlalchemy import Connection, Row, select

from engine.consent_rows import as_consent, terms_in
from storage.tables import case, history
from storage.trust_tables import consent, disclosure
from workflows.case import Builtin, Event
from workflows.refusals import EventRefusedError
from workflows.values import data_from_json


def strayed_rows(connection: Connection) -> Iterator[tuple[str, int]]:
    """Give (reference, event) of each consent or disclosure that is not what the history of its case says."""
    yield from _strayed_consents(connection)
    yield from _strayed_disclosures(connection)


def _strayed_consents(connection: Connection) -> Iterator[tuple[str, int]]:
    """A consent recorded with its terms must be those terms; a programme's own event has no more to say."""
    query = (
        select(consent, case.c.ref, history.c.event, history.c.answers)
        .join(case, case.c.id == consent.c.case_id)
        .outerjoin(history, (history.c.case_id == consent.c.case_id) & (history.c.seq == consent.c.seq))
    )
    for row in connection.execute(query.order_by(consent.c.id)):
        if row.event is None or (row.event == Builtin.CONSENT and not _says_the_same(row)):
            yield row.ref, row.seq


def _says_the_same(row: Row[tuple[object, ...]]) -> bool:
    try:
        return as_consent(row).terms == terms_in(Event(row.event, data_from_json(row.answers)), "")
    except (EventRefusedError, ValueError):
        return False


def _strayed_disclosures(connection: Connection) -> Iterator[tuple[str, int]]:
    rows = (
        select(
            case.c.ref,
            history.c.seq,
            history.c.answers,
            disclosure.c.fields,
            disclosure.c.to_party,
            disclosure.c.recipient,
            disclosure.c.ground,
        )
        .join(case, case.c.id == history.c.case_id)
        .outerjoin(disclosure, (disclosure.c.case_id == history.c.case_id) & (disclosure.c.seq == history.c.seq))
        .where(history.c.event == Builtin.DISCLOSE.value)
    )
    for row in connection.execute(rows.order_by(case.c.id, history.c.seq)):
        told = (",".join(row.fields or ()), row.to_party, row.recipient, row.ground)
        if told != tuple(row.answers.get(name) for name in ("fields", "to_party", "recipient", "ground")):
            yield row.ref, row.seq
    forged = (
        select(case.c.ref, disclosure.c.seq)
        .join(case, case.c.id == disclosure.c.case_id)
        .outerjoin(history, (history.c.case_id == disclosure.c.case_id) & (history.c.seq == disclosure.c.seq))
        .where(history.c.event.is_(None) | (history.c.event != Builtin.DISCLOSE.value))
    )
    yield from ((row.ref, row.seq) for row in connection.execute(forged))
