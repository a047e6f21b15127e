"""Rows of accounts: passwords' hashes, one-time codes' secrets, recovery codes, invitations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from storage.account_tables import account, api_token, invitation, recovery_code, session
from storage.tables import staff


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What a member of staff signs in with. `last_step` is of the last one-time code that was accepted."""

    staff_id: int
    password_hash: str
    sealed_totp: bytes
    last_step: int | None
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that was not taken up yet, and whose it is."""

    staff_id: int
    email: str
    name: str
    active: bool
    sealed_totp: bytes
    expires_at: datetime


def account_of(connection: Connection, staff_id: int, *, lock: bool = False) -> AccountRow | None:
    """Return the account of a member of staff; None when she has none."""
    query = select(account).where(account.c.staff_id == staff_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return AccountRow(**row._mapping) if row is not None else None


def anybody_has_account(connection: Connection) -> bool:
    """Say whether anybody can sign in."""
    return connection.execute(select(account.c.staff_id).limit(1)).first() is not None


def put_account(connection: Connection, kept: AccountRow) -> None:
    """Store an account in place of the one there was."""
    connection.execute(delete(account).where(account.c.staff_id == kept.staff_id))
    values = {name: getattr(kept, name) for name in AccountRow.__slots__}
    connection.execute(insert(account).values(**values))


def put_password(connection: Connection, staff_id: int, password_hash: str) -> None:
    """Store the same password's hash with today's parameters."""
    connection.execute(update(account).where(account.c.staff_id == staff_id).values(password_hash=password_hash))


def take_step(connection: Connection, staff_id: int, step: int) -> bool:
    """Note that the code of a step was accepted; False when that one or a later one was before."""
    newer = or_(account.c.last_step.is_(None), account.c.last_step < step)
    done = connection.execute(update(account).where(account.c.staff_id == staff_id, newer).values(last_step=step))
    return done.rowcount == 1


def put_recovery_codes(connection: Connection, staff_id: int, hashes: Iterable[str]) -> None:
    """Store recovery codes in place of those there were."""
    connection.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    connection.execute(insert(recovery_code), [{"staff_id": staff_id, "code_hash": one} for one in hashes])


def take_recovery_code(connection: Connection, staff_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False when it is none, or used already."""
    mine = (recovery_code.c.staff_id == staff_id, recovery_code.c.code_hash == code_hash)
    return connection.execute(delete(recovery_code).where(*mine)).rowcount == 1


def recovery_codes_left(connection: Connection, staff_id: int) -> int:
    """Return how many recovery codes are unused."""
    query = select(recovery_code.c.code_hash).where(recovery_code.c.staff_id == staff_id)
    return len(connection.execute(query).all())


def put_invitation(
    connection: Connection, staff_id: int, code_hash: str, sealed_totp: bytes, expires_at: datetime
) -> None:
    """Store an invitation in place of the one there was."""
    connection.execute(delete(invitation).where(invitation.c.staff_id == staff_id))
    row = {"staff_id": staff_id, "code_hash": code_hash, "sealed_totp": sealed_totp, "expires_at": expires_at}
    connection.execute(insert(invitation).values(**row))


def find_invitation(connection: Connection, code_hash: str) -> InvitationRow | None:
    """Return an invitation by the hash of its code."""
    columns = (invitation.c.staff_id, staff.c.email, staff.c.name, staff.c.active)
    query = select(*columns, invitation.c.sealed_totp, invitation.c.expires_at).join(
        staff, staff.c.id == invitation.c.staff_id
    )
    row = connection.execute(query.where(invitation.c.code_hash == code_hash)).one_or_none()
    return InvitationRow(**row._mapping) if row is not None else None


def take_invitation(connection: Connection, code_hash: str) -> bool:
    """Use an invitation up; False when somebody else just did."""
    return connection.execute(delete(invitation).where(invitation.c.code_hash == code_hash)).rowcount == 1


def shut_out(connection: Connection, staff_id: int) -> None:
    """Forget every session, token and invitation of a member of staff. Her account stays for when she is back."""
    for table in (session, api_token, invitation):
        connection.execute(delete(table).where(table.c.staff_id == staff_id))
