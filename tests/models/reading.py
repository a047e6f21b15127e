"""What tests read back from a house: who was sent what, and what outbox and ledger say."""

from typing import Any

from sqlalchemy import Row, select

from notifications.messages import Invitation, Kind, Notice
from notifications.outcomes import DeliveryFailed
from notifications.recipients import Mailbox
from storage import tables
from tests.house import ROLES, House

ROLE_OF = {address: role for role, address in ROLES.items()}


def mailed(house: House) -> list[str]:
    """Return the roles that were sent mail, in order."""
    return [ROLE_OF[sent.to.address] for sent in house.mail.sent if isinstance(sent.to, Mailbox)]


def notices(house: House, role: str | None = None) -> list[Notice]:
    """Return the notices sent by mail, to one role or to all."""
    return [
        sent.message
        for sent in house.mail.sent
        if isinstance(sent.message, Notice)
        and isinstance(sent.to, Mailbox)
        and role in {None, ROLE_OF[sent.to.address]}
    ]


def alarms(house: House) -> list[Notice]:
    """Return the alarms sent."""
    return [notice for notice in notices(house) if notice.kind is Kind.ALARM]


def invitations(house: House, role: str) -> list[Invitation]:
    """Return the invitations and cancellations sent to a role, in order."""
    return [
        sent.message
        for sent in house.mail.sent
        if isinstance(sent.message, Invitation) and isinstance(sent.to, Mailbox) and ROLE_OF[sent.to.address] == role
    ]


def outbox(house: House, slot: str | None = None) -> list[Row[Any]]:
    """Return the rows of the outbox in order, of one slot or all."""
    query = select(tables.outbox).order_by(tables.outbox.c.id)
    with house.engine.database.read() as connection:
        return [row for row in connection.execute(query) if slot in {None, row.slot}]


def fate(house: House, ref: str, rung: str, slot: str) -> tuple[str, str | None]:
    """Return (outcome, reason) of one rung and slot of a case's ledger."""
    found = [entry[3:] for entry in house.ledger(ref) if entry[1:3] == (rung, slot)]
    assert len(found) == 1, f"{rung} to {slot} has {len(found)} entries"
    return found[0]


def temporary(code: str = "smtp_451", *, unknown: bool = False) -> DeliveryFailed:
    """Return a failure worth another try."""
    return DeliveryFailed(code, unknown_outcome=unknown)


def permanent(code: str = "smtp_550") -> DeliveryFailed:
    """Return a failure no other try will mend."""
    return DeliveryFailed(code, permanent=True)
