"""Who may be pointed out in figures and reports: whoever has consented, and whose identity is not protected.

Everybody else is counted, and no more (facts/finsam.md §1b: without consent, or with protected identity, anonymous).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, select, update

from access.consents import Purpose
from access.identities import IdentityUnreadableError, SealedIdentity
from engine.parts import Engine
from storage.consents import consented
from storage.tables import case, person
from workflows.dates import local_date

EVERY_PURPOSE = frozenset(Purpose)
BATCH = 500


def identifiable(now: datetime, purposes: frozenset[Purpose] = EVERY_PURPOSE) -> ColumnElement[bool]:
    """Return the condition on the table `case` that a case may be shown as itself, by its reference.

    A person of whom it is not known whether her identity is protected counts as if it were.

    Args:
        now: the instant, UTC; a consent counts from its first day through its last in Stockholm.
        purposes: a consent for one of these will do.
    """
    mine = person.alias()
    named = exists().where(mine.c.id == case.c.person_id, mine.c.protected.is_(False)).correlate(case)
    return and_(named, consented(local_date(now), now, [purpose.value for purpose in purposes]))


def note_protected(engine: Engine) -> int:
    """Note of persons of whom it is not known yet whether their identity is protected; return of how many.

    Nobody is shown anything: only that one flag leaves the sealed identity. Some hundred are noted in one transaction:
    after an upgrade it is everybody, and nobody else could write meanwhile.
    """
    noted, last = 0, ""
    while True:
        with engine.database.write() as connection:
            flags = _flags_after(engine, connection, last)
        if not flags:
            return noted
        noted, last = noted + sum(flag is not None for flag in flags.values()), max(flags)


def _flags_after(engine: Engine, connection: Connection, last: str) -> dict[str, bool | None]:
    """Write the flags of a batch of persons after one, by id; return them."""
    unknown = select(person).where(person.c.protected.is_(None), person.c.id > last)
    rows = connection.execute(unknown.order_by(person.c.id).limit(BATCH)).all()
    flags = {row.id: _is_protected(engine, row) for row in rows}
    known = [{"of": person_id, "flag": flag} for person_id, flag in flags.items() if flag is not None]
    if known:
        statement = update(person).where(person.c.id == bindparam("of")).values(protected=bindparam("flag"))
        connection.execute(statement, known)
    return flags


def _is_protected(engine: Engine, row: Row[Any]) -> bool | None:
    """Return the flag of a sealed identity; None when it cannot be opened, which counts as protected."""
    try:
        sealed = SealedIdentity(row.key_id, row.wrapped_key, row.nonce, row.ciphertext)
        return engine.vault.open(row.id, sealed).protected
    except IdentityUnreadableError:
        return None
