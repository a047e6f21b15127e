"""Whoever changes what happened is found out, even by rewriting everything (facts/trust.md T17)."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from access.consents import CARE, FK, Form, Giver, Purpose, Recipient, Terms
from access.keyring import new_keyring_json
from access.signing import Signer
from engine.chain import START, chained
from engine.chain_heads import Head, HeadUnreadableError, read_head, sign_head, witness_line
from engine.consenting import record_consent
from engine.disclosing import disclose
from engine.inspecting_persons import person_of
from engine.verifying import Breach, verify, verify_within
from storage.tables import case, history
from storage.trust_tables import access_log, chain_head, chain_witness, consent, disclosure
from tests.house import House, moment

DAY = moment("2024-02-05")
SIGNER = Signer.from_keyring(new_keyring_json())
MUTATIONS = 1000


@pytest.fixture
def lived(house: House) -> House:
    """Twenty cases with a few events each, some of them read by somebody."""
    refs = house.open_many(20, "2024-01-31")
    for number, ref in enumerate(refs):
        for _ in range(number % 4):
            house.fire(ref, "record_consent", DAY)
            house.fire(ref, "withdraw_consent", DAY + timedelta(hours=number))
        if number % 2:
            person_of(house.engine, ref, house.actor("coordinator"), DAY)
    return house


def sign(house: House, days: int = 0) -> Head:
    return sign_head(house.engine, SIGNER, DAY + timedelta(days=1 + days))


def breaches(house: House, outside: Head | None) -> set[Breach]:
    return {finding.breach for finding in verify(house.engine, SIGNER, outside).findings}


def change(house: House, statement: Any) -> None:
    with house.engine.database.write() as connection:
        connection.execute(statement)


def test_an_untouched_house_is_whole(lived: House) -> None:
    head = sign(lived)
    found = verify(lived.engine, SIGNER, head)
    assert found.findings == ()
    assert (found.cases, found.events, found.heads) == (20, lived.count("history"), 1)
    assert found.lines == lived.count("access_log") == 10


def test_what_happens_after_a_head_does_not_disturb_it(lived: House) -> None:
    head = sign(lived)
    ref = lived.open_case("2024-02-06")
    lived.fire(ref, "record_consent", DAY + timedelta(days=2))
    person_of(lived.engine, ref, lived.actor("coordinator"), DAY)
    assert breaches(lived, head) == set()


def test_each_head_counts_on_from_the_one_before(lived: House) -> None:
    first = sign(lived)
    ref = lived.open_case("2024-02-06")
    lived.fire(ref, "record_consent", DAY + timedelta(days=1))
    second = sign(lived, 1)
    assert (second.id, second.cases, second.events) == (2, first.cases + 1, first.events + 2)
    assert breaches(lived, first) == breaches(lived, second) == set()


def test_a_head_covers_only_what_has_grown(lived: House) -> None:
    sign(lived)
    lived.open_case("2024-02-06")
    sign(lived, 1)
    with lived.engine.database.read() as connection:
        counts = connection.execute(
            select(func.count())
            .select_from(chain_witness)
            .group_by(chain_witness.c.head_id)
            .order_by(chain_witness.c.head_id)
        )
        assert list(counts.scalars()) == [20, 1]


def test_a_head_kept_outside_is_read_again(lived: House) -> None:
    head = sign(lived)
    assert read_head(f"an older line\n{head.line(SIGNER.public_key)}\n") == head


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"id": 1}', "[" * 100_000])
def test_a_text_that_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(HeadUnreadableError):
        read_head(text)


def test_a_head_that_somebody_else_signed_is_found(lived: House) -> None:
    head = sign(lived)
    other = Signer.from_keyring(new_keyring_json())
    forged = replace(head, events=head.events - 1)
    assert Breach.SIGNATURE in breaches(lived, replace(forged, signature=other.sign(forged.content)))


def test_heads_that_were_taken_away_are_found(lived: House) -> None:
    sign(lived)
    lived.open_case("2024-02-06")
    last = sign(lived, 1)
    change(lived, delete(chain_witness).where(chain_witness.c.head_id == last.id))
    change(lived, delete(chain_head).where(chain_head.c.id == last.id))
    assert breaches(lived, last) == {Breach.LOST_HEAD}


def test_a_line_taken_out_of_the_log_is_found(lived: House) -> None:
    head = sign(lived)
    with lived.engine.database.read() as connection:
        victim = connection.execute(select(func.min(access_log.c.id))).scalar_one()
    change(lived, delete(access_log).where(access_log.c.id == victim))
    assert breaches(lived, head) == {Breach.LOG}


def test_a_log_whose_end_was_cut_off_is_found(lived: House) -> None:
    head = sign(lived)
    with lived.engine.database.read() as connection:
        last = connection.execute(select(func.max(access_log.c.id))).scalar_one()
    change(lived, delete(access_log).where(access_log.c.id == last))
    assert breaches(lived, head) == {Breach.LOG}


def test_a_changed_line_of_the_log_is_found(lived: House) -> None:
    head = sign(lived)
    change(lived, update(access_log).values(actor_id=lived.staff["deputy"]))
    assert breaches(lived, head) == {Breach.LOG}


# --- consents and disclosures, whose events are under the heads ---


@pytest.fixture
def told(house: House) -> str:
    """A case whose person has consented, and from which something was disclosed on that ground."""
    ref = house.open_case("2024-01-31")
    to, last = Recipient(FK, "handler"), date(2024, 12, 31)
    terms = Terms(Giver.PERSON, CARE, to, Purpose.COORDINATION, frozenset({"meetings"}), Form.WRITTEN, DAY.date(), last)
    record_consent(house.engine, ref, terms, house.actor("coordinator"), DAY)
    disclose(house.engine, ref, ["held_on"], house.actor("coordinator"), DAY)
    return ref


def test_consents_and_disclosures_that_were_left_alone_follow_from_their_events(house: House, told: str) -> None:
    assert breaches(house, sign(house)) == set()


@pytest.mark.parametrize(
    "forgery",
    [
        update(consent).values(groups=["evaluation", "meetings", "plan"]),
        update(consent).values(valid_until=date(2030, 1, 1)),
        update(consent).values(seq=99),
        update(disclosure).values(fields=["goals"]),
        update(disclosure).values(ground="sfb_110_31"),
        update(disclosure).values(seq=1),
        delete(disclosure),
    ],
)
def test_a_forged_consent_or_disclosure_strays_from_its_event(house: House, told: str, forgery: Any) -> None:
    change(house, forgery)
    assert breaches(house, None) == {Breach.STRAYED}


# --- a thousand mutations ---

Mutation = Callable[[Connection, random.Random], None]


def some_row(connection: Connection, chance: random.Random) -> Any:
    rows = connection.execute(select(history).order_by(history.c.case_id, history.c.seq)).all()
    return chance.choice(rows)


def edit(connection: Connection, chance: random.Random) -> None:
    row = some_row(connection, chance)
    new = {
        "at": row.at + timedelta(seconds=chance.randint(1, 99)),
        "actor": "system" if row.actor != "system" else "cli",
        "event": f"{row.event}_",
        "answers": {**row.answers, "x": chance.randint(0, 9)},
        "state_after": "closed",
        "version": "0",
        "hash": chained(row.hash, {"x": chance.random()}),
    }
    name = chance.choice(sorted(new))
    connection.execute(update(history).where(same(row)).values({name: new[name]}))


def take_out(connection: Connection, chance: random.Random) -> None:
    connection.execute(delete(history).where(same(some_row(connection, chance))))


def put_in(connection: Connection, chance: random.Random) -> None:
    """Forge an event in the middle of a history, the rest moved on by one."""
    row = some_row(connection, chance)
    later = (history.c.case_id == row.case_id) & (history.c.seq > row.seq)
    for seq in sorted(connection.execute(select(history.c.seq).where(later)).scalars(), reverse=True):
        moved = (history.c.case_id == row.case_id) & (history.c.seq == seq)
        connection.execute(update(history).where(moved).values(seq=seq + 1))
    forged = {**row._mapping, "seq": row.seq + 1, "event": "hold_meeting"}
    connection.execute(insert(history).values(forged | {"hash": chained(row.hash, forged)}))


def swap(connection: Connection, chance: random.Random) -> None:
    row = some_row(connection, chance)
    other = some_row(connection, chance)
    while same_content(row, other):
        row, other = some_row(connection, chance), some_row(connection, chance)
    for here, there in ((row, other), (other, row)):
        content = {name: value for name, value in there._mapping.items() if name not in {"case_id", "seq"}}
        connection.execute(update(history).where(same(here)).values(content))


def cut_the_tail(connection: Connection, chance: random.Random) -> None:
    """Let a case forget its last events, its end included: as if they had never been."""
    row = some_row(connection, chance)
    while row.seq == 1:
        row = some_row(connection, chance)
    gone = (history.c.case_id == row.case_id) & (history.c.seq >= row.seq)
    connection.execute(delete(history).where(gone))
    before = (history.c.case_id == row.case_id) & (history.c.seq == row.seq - 1)
    end = connection.execute(select(history.c.hash).where(before)).scalar_one()
    connection.execute(update(case).where(case.c.id == row.case_id).values(seq=row.seq - 1, head=end))


def rewrite_all(connection: Connection, chance: random.Random) -> None:
    """Tell another story and reckon everything anew: hashes, ends and what heads have covered; only no signature."""
    row = some_row(connection, chance)
    connection.execute(update(history).where(same(row)).values(answers={"note": chance.randint(0, 10**9)}))
    last = START
    of_case = select(history).where(history.c.case_id == row.case_id).order_by(history.c.seq)
    for event in connection.execute(of_case).all():
        last = chained(last, dict(event._mapping))
        connection.execute(update(history).where(same(event)).values(hash=last))
    connection.execute(update(case).where(case.c.id == row.case_id).values(head=last))
    if chance.random() < 0.5:
        forge_heads(connection)


def forge_heads(connection: Connection) -> None:
    """Reckon the heads anew as well, signed with another key."""
    import hashlib  # noqa: PLC0415 - the forger's own

    forger = Signer.from_keyring(new_keyring_json())
    lines = hashlib.sha256()
    for one in connection.execute(select(case.c.id, case.c.seq, case.c.head).order_by(case.c.id)):
        lines.update(witness_line(one.id, one.seq, one.head))
    digest = hashlib.sha256(f"|{lines.hexdigest()}".encode()).hexdigest()
    connection.execute(update(chain_head).values(digest=digest, signature=forger.sign(digest)))


def same(row: Any) -> Any:
    return (history.c.case_id == row.case_id) & (history.c.seq == row.seq)


def same_content(row: Any, other: Any) -> bool:
    return bool(row.hash == other.hash)


KINDS: tuple[Mutation, ...] = (edit, take_out, put_in, swap, cut_the_tail, rewrite_all)


@pytest.mark.slow
def test_a_thousand_mutations_are_all_found_through_the_head_kept_outside(lived: House) -> None:
    head, chance = sign(lived), random.Random(17)
    missed: list[str] = []
    number = MUTATIONS if lived.engine.database.is_sqlite else MUTATIONS // 10
    for place in range(number):
        mutate = KINDS[place % len(KINDS)]
        with lived.engine.database.engine.connect() as connection, connection.begin() as transaction:
            mutate(connection, chance)
            if not verify_within(connection, SIGNER, head).findings:
                missed.append(f"{mutate.__name__} {place}")
            transaction.rollback()
    assert missed == []
    assert breaches(lived, head) == set()
