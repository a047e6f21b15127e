"""Rows of signed heads, and of how far each case's history had come when they were signed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from storage.bulk import insert_many
from storage.tables import case, history
from storage.trust_tables import chain_head, chain_witness

CHUNK = 5000


def newest_head(connection: Connection) -> Row[Any] | None:
    """Return the head signed last; None before the first."""
    return connection.execute(select(chain_head).order_by(chain_head.c.id.desc()).limit(1)).first()


def heads(connection: Connection) -> Sequence[Row[Any]]:
    """Return every signed head, oldest first."""
    return connection.execute(select(chain_head).order_by(chain_head.c.id)).all()


def grown_cases(connection: Connection) -> Iterable[Row[Any]]:
    """Return (id, seq, head, seen) of the cases whose history has grown since a head has covered them, by id."""
    seen = select(chain_witness.c.case_id, func.max(chain_witness.c.seq).label("seen"))
    known = seen.group_by(chain_witness.c.case_id).subquery()
    query = select(case.c.id, case.c.seq, case.c.head, known.c.seen).outerjoin(known, known.c.case_id == case.c.id)
    grown = query.where(known.c.seen.is_(None) | (known.c.seen < case.c.seq)).order_by(case.c.id)
    return connection.execute(grown.execution_options(yield_per=CHUNK))


def insert_head(connection: Connection, row: Mapping[str, Any], covered: Sequence[Mapping[str, Any]]) -> None:
    """Keep a head and what it covers. Raises `IntegrityError` when another was signed meanwhile."""
    connection.execute(insert(chain_head).values(**row))
    insert_many(connection, chain_witness, covered)


def witnesses(connection: Connection) -> Iterable[Row[Any]]:
    """Return (case_id, seq, head_id) of everything heads have covered, by case and then by how far it had come."""
    query = select(chain_witness.c.case_id, chain_witness.c.seq, chain_witness.c.head_id)
    ordered = query.order_by(chain_witness.c.case_id, chain_witness.c.seq, chain_witness.c.head_id)
    return connection.execute(ordered.execution_options(yield_per=CHUNK))


def case_ends(connection: Connection) -> Iterable[Row[Any]]:
    """Return (id, ref, seq, head) of every case, by id."""
    query = select(case.c.id, case.c.ref, case.c.seq, case.c.head).order_by(case.c.id)
    return connection.execute(query.execution_options(yield_per=CHUNK))


HISTORY_COLUMNS = tuple(column.name for column in history.columns)


def events(connection: Connection) -> Iterable[Row[Any]]:
    """Return every row of every history, by case and in order; columns as in `HISTORY_COLUMNS`."""
    query = select(history).order_by(history.c.case_id, history.c.seq)
    return connection.execute(query.execution_options(yield_per=CHUNK))
