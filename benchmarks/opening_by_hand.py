"""Opening cases from a file without any layer of ours: what W3 is measured against.

It reads, seals, indexes, hashes and writes the rows that Bevaka writes, and does nothing else: it checks no number, no
date and no duplicate, looks nobody up, knows one programme and takes every day for a working day. Identities are sealed
by Bevaka's own vault, so the cost of AES-GCM is in every side.
"""

import calendar
import csv
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from access.identities import Identity, IdentityVault
from access.personnumbers import PersonalNumber

Connection = psycopg.Connection[Any]
COLUMNS = {
    "person": ("id", "number_index", "key_id", "wrapped_key", "nonce", "ciphertext"),
    "case": (
        "id", "ref", "programme", "version", "person_id", "decided_on", "unit_id", "coordinator_id", "state", "seq",
        "entry_seq", "snapshot", "opened_at", "head",
    ),
    "history": (
        "case_id", "seq", "at", "actor", "event", "answers", "state_before", "state_after", "version", "hash",
    ),
    "deadline": (
        "case_id", "kind", "occurrence", "entry_seq", "generation", "status", "due_on", "next_rung", "next_at",
        "paused", "opened_at",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Rows:
    """The rows of a file, by table, in the order of `COLUMNS`."""

    person: list[tuple[Any, ...]] = field(default_factory=list)
    case: list[tuple[Any, ...]] = field(default_factory=list)
    history: list[tuple[Any, ...]] = field(default_factory=list)
    deadline: list[tuple[Any, ...]] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        return iter((name, getattr(self, name)) for name in COLUMNS)


def read(path: Path, vault: IdentityVault, ids: Iterator[int], now: datetime) -> Rows:
    """Return the rows of a file of decisions; a person has one row, however many decisions."""
    rows = Rows()
    persons: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        records = csv.reader(file, delimiter=";")
        next(records)
        for number, name, decided, first, last, *_ in records:
            index = vault.index(PersonalNumber(number))
            if index not in persons:
                persons[index] = str(uuid4())
                sealed = vault.seal(persons[index], Identity(name, PersonalNumber(number)))
                rows.person.append(
                    (persons[index], index, sealed.key_id, sealed.wrapped_key, sealed.nonce, sealed.ciphertext)
                )
            _add(rows, next(ids), persons[index], date.fromisoformat(decided), (first, last), now)
    return rows


def _add(rows: Rows, case_id: int, person_id: str, decided: date, period: tuple[str, str], now: datetime) -> None:
    answers = {"decision_date": {"d": decided.isoformat()}, "benefit_from": {"d": period[0]}}
    answers["benefit_until"] = {"d": period[1]}
    due = _a_month_after(decided)
    watch = {"kind": "meeting", "occurrence": 0, "entry_seq": 1, "generation": 0, "due_on": due.isoformat()}
    snapshot = {"state": "granted", "seq": 1, "entry_seq": 1, "data": {"consent": False, **answers}, "watch": [watch]}
    content = json.dumps([case_id, 1, now.isoformat(), "operator", "case.open", answers, "granted", "1"])
    head = hashlib.sha256(content.encode()).hexdigest()
    rows.case.append(
        (case_id, secrets.token_hex(6), "bench", "1", person_id, decided, 1, 1, "granted", 1, 1, Jsonb(snapshot), now,
         head)
    )  # fmt: skip
    rows.history.append((case_id, 1, now, "operator", "case.open", Jsonb(answers), None, "granted", "1", head))
    next_at = datetime(due.year, due.month, due.day, 7, tzinfo=now.tzinfo) - timedelta(14)
    rows.deadline.append((case_id, "meeting", 0, 1, 0, "open", due, 0, next_at, False, now))


def _a_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def by_executemany(connection: Connection, rows: Rows) -> None:
    """Write the rows with a statement for each table and its rows, in one transaction."""
    for name, values in rows:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(name),
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS[name])),
            sql.SQL(", ").join(sql.Placeholder() for _ in COLUMNS[name]),
        )
        connection.cursor().executemany(statement, values)
    connection.commit()


def by_copy(connection: Connection, rows: Rows) -> None:
    """Write the rows with COPY, in one transaction."""
    for name, values in rows:
        columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[name]))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), columns)
        with connection.cursor().copy(statement) as copy:
            for row in values:
                copy.write_row(row)
    connection.commit()
