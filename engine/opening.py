"""Opening cases: one or thousands, in the caller's transaction, each with its deadlines and first row of history."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from access.actors import Actor
from access.identities import Identity, IdentityVault
from engine.announcing import announcements
from engine.applying import case_values, history_row
from engine.chain import START
from engine.deadline_rows import DeadlineRows, deadline_rows
from engine.firing import actor_columns
from storage import api_tables, cases, people, tables
from storage.bulk import among, insert_many, reserve_ids
from storage.webhooks import subscribed
from workflows.case import Builtin, Decision, Event
from workflows.guards import Value
from workflows.machine import decide
from workflows.planning import Rules, as_date

REF_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O or U to misread
BATCH = 1000

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, repr=False)
class NewCase:
    """A case to open: whom it is about, its first data, and who is responsible."""

    identity: Identity
    data: Mapping[str, Value]
    unit_id: int
    coordinator_id: int | None = None
    handler_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case that was opened."""

    id: int
    ref: str


def open_cases(
    connection: Connection,
    vault: IdentityVault,
    rules: Rules,
    wanted: Sequence[NewCase],
    actor: Actor,
    now: datetime,
    progress: Progress = no_progress,
) -> list[OpenedCase]:
    """Open cases; those whose person already has one for the same decision are passed over.

    The caller has authorised the actor and holds the transaction: all are opened or none is.

    Raises:
        EventRefusedError: the first data of a case do not fit its programme.
    """
    opened: list[OpenedCase] = []
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        opened.extend(_open_batch(connection, vault, rules, batch, actor, now))
        progress(start + len(batch), len(wanted))
    return opened


def _open_batch(
    connection: Connection, vault: IdentityVault, rules: Rules, batch: Sequence[NewCase], actor: Actor, now: datetime
) -> list[OpenedCase]:
    indexes = [vault.index(new.identity.number) for new in batch]
    persons = _persons(connection, vault, dict(zip(indexes, (new.identity for new in batch), strict=True)))
    known = cases.known_decisions(connection, rules.definition.programme, list(persons.values()))
    fresh: list[tuple[NewCase, Decision, str]] = []
    for new, index in zip(batch, indexes, strict=True):
        decision = decide(rules, None, Event(Builtin.OPEN, new.data), now)
        decided_on = as_date(new.data.get("decision_date"))
        if decided_on is not None and (persons[index], decided_on) not in known:
            known.add((persons[index], decided_on))
            fresh.append((new, decision, persons[index]))
    return _insert(connection, rules, fresh, actor, now) if fresh else []


def _persons(connection: Connection, vault: IdentityVault, identities: Mapping[str, Identity]) -> dict[str, str]:
    """Return the person id by keyed index, adding whoever is not known yet."""
    known = people.persons_by_index(connection, identities)
    missing = {index: str(uuid4()) for index in identities if index not in known}
    rows = [_sealed(vault, index, person_id, identities[index]) for index, person_id in missing.items()]
    insert_many(connection, tables.person, rows)
    return known | missing


def _sealed(vault: IdentityVault, index: str, person_id: str, identity: Identity) -> dict[str, Any]:
    sealed = vault.seal(person_id, identity)
    return {
        "id": person_id,
        "number_index": index,
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
        "protected": identity.protected,  # the one thing about a person that rules and figures ask for
    }


def _insert(
    connection: Connection, rules: Rules, fresh: Sequence[tuple[NewCase, Decision, str]], actor: Actor, now: datetime
) -> list[OpenedCase]:
    refs = _free_refs(connection, len(fresh))
    # The first row of a history covers its case's id: with ids drawn beforehand, every row is written once.
    ids = reserve_ids(connection, tables.case, len(fresh))
    who = actor_columns(actor)
    opened, records, watched = [], [], DeadlineRows()
    for (new, decision, person_id), case_id, ref in zip(fresh, ids, refs, strict=True):
        record = history_row(decision, rules.definition.version, case_id, who, START, now)
        records.append(record)
        opened.append({"id": case_id, **_case_row(rules, new, decision, person_id, ref, record["hash"], now)})
        watched.opened.extend(deadline_rows(rules, decision.deadlines, case_id, (), now).opened)
    insert_many(connection, tables.case, opened)
    insert_many(connection, tables.history, records)
    insert_many(connection, api_tables.webhook_message, announcements(subscribed(connection), records))
    insert_many(connection, tables.deadline, watched.opened)
    return [OpenedCase(case_id, ref) for case_id, ref in zip(ids, refs, strict=True)]


def _case_row(
    rules: Rules, new: NewCase, decision: Decision, person_id: str, ref: str, head: str, now: datetime
) -> dict[str, Any]:
    return {
        "ref": ref,
        "programme": rules.definition.programme,
        "person_id": person_id,
        "decided_on": as_date(new.data["decision_date"]),
        "unit_id": new.unit_id,
        "coordinator_id": new.coordinator_id,
        "handler_id": new.handler_id,
        "opened_at": now,
        **case_values(rules, decision, head, now),
    }


def _free_refs(connection: Connection, count: int) -> list[str]:
    """Return references nobody has. Random, never derived from the person or the order of opening."""
    found: set[str] = set()
    while len(found) < count:
        drawn = {_ref() for _ in range(count - len(found))}
        taken = connection.execute(
            select(tables.case.c.ref).where(among(connection, tables.case.c.ref, drawn))
        ).scalars()
        found |= drawn - set(taken)
    return list(found)


def _ref() -> str:
    drawn = secrets.randbits(40)  # eight letters of five bits
    letters = "".join(REF_ALPHABET[drawn >> place & 31] for place in range(0, 40, 5))
    return f"BV-{letters[:4]}-{letters[4:]}"
