"""The same event on several cases: what can be done with them, what it would lead to in each, and doing it.

Each case is a transaction of its own, as if somebody had opened it: one that refuses keeps no other from going on, and
every one tells what became of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from access.actors import Actor
from access.rules import Action, may
from engine.authorising import facts_of
from engine.consent_expiry import counting
from engine.consent_rows import sets_consent
from engine.errors import CaseMovedError, CaseNotFoundError, NotAllowedError
from engine.firing import Fired, fire, preview, snapshot_of
from engine.inspecting_case import move_of
from engine.inspecting_case_parts import Move
from engine.inspecting_shelf import Shelf
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage import tables
from storage.cases import CaseRow, as_case
from workflows.case import Builtin, Event, Snapshot
from workflows.errors import BevakaError
from workflows.guards import Value
from workflows.planning import Rules
from workflows.refusals import EventRefusedError

MOST = 60  # cases at a time: a page of the list
QUIETS = frozenset({Builtin.ACKNOWLEDGE.value, Builtin.SNOOZE.value})
_REFUSED = (CaseNotFoundError, NotAllowedError, CaseMovedError, EventRefusedError)


@dataclass(frozen=True, slots=True)
class Pick:
    """A case that was chosen, and how many events it had then."""

    ref: str
    seq: int


@dataclass(frozen=True, slots=True)
class Offered:
    """An event that at least one of the chosen cases can have now; `move` is None for acknowledging and snoozing."""

    event: str
    number: int
    move: Move | None


@dataclass(frozen=True, slots=True)
class Done:
    """What became, or would become, of one case: `fired`, or the error that kept it from happening."""

    pick: Pick
    rules: Rules | None
    fired: Fired | None
    error: BevakaError | None


def events_for(engine: Engine, actor: Actor, now: datetime, picks: Sequence[Pick]) -> tuple[Offered, ...]:
    """Return what can be done with cases now: acknowledging and snoozing, then what most of them can have first.

    A consent is never among it: it is each person's own, and cannot be general (OSL 10:1).
    """
    moves: dict[str, Move] = {}
    numbers: dict[str, int] = {}
    for case, rules in _cases(engine, actor, now, picks):
        counts = counting(snapshot_of(case), now)
        transitions = [t for t in rules.definition.transitions.values() if not sets_consent(t)]
        possible = [m for t in transitions if (m := move_of(rules, counts, t, actor, facts_of(case), now)).possible]
        for move in possible:
            moves.setdefault(move.name, move)
        steers = may(actor, Action.STEER, facts_of(case)) and _most_urgent(snapshot_of(case)) is not None
        for name in (*(move.name for move in possible), *(sorted(QUIETS) if steers else ())):
            numbers[name] = numbers.get(name, 0) + 1
    ordered = sorted(numbers, key=lambda name: (name not in QUIETS, -numbers[name]))
    return tuple(Offered(name, numbers[name], moves.get(name)) for name in ordered)


def preview_each(
    engine: Engine,
    actor: Actor,
    now: datetime,
    picks: Sequence[Pick],
    event: str,
    answers: Mapping[str, Value],
    kind: str | None = None,
) -> tuple[Done, ...]:
    """Say of each case what the event would lead to, and write nothing."""
    return tuple(_each(engine, actor, now, picks, event, answers, kind, write=False))


def fire_each(
    engine: Engine,
    actor: Actor,
    now: datetime,
    picks: Sequence[Pick],
    event: str,
    answers: Mapping[str, Value],
    kind: str | None = None,
) -> tuple[Done, ...]:
    """Let the event happen to each case that is still as it was seen; sent twice, it happens once.

    Acknowledging and snoozing are of each case's deadline of a `kind`, or of its most urgent one.
    """
    return tuple(_each(engine, actor, now, picks, event, answers, kind, write=True))


def _each(
    engine: Engine,
    actor: Actor,
    now: datetime,
    picks: Sequence[Pick],
    event: str,
    answers: Mapping[str, Value],
    kind: str | None,
    *,
    write: bool,
) -> Iterable[Done]:
    known = {case.ref: (case, rules) for case, rules in _cases(engine, actor, now, picks)}
    for pick in picks[:MOST]:
        if pick.ref not in known:
            yield Done(pick, None, None, CaseNotFoundError(pick.ref))
            continue
        case, rules = known[pick.ref]
        wanted = Event(event, {**answers, **_deadline(event, case, kind)})
        try:
            if not write and case.seq != pick.seq:
                raise CaseMovedError(pick.ref, pick.seq, case.seq)
            done = (
                fire(engine, pick.ref, wanted, actor, now, expected_seq=pick.seq)
                if write
                else preview(engine, pick.ref, wanted, actor, now)
            )
        except _REFUSED as error:
            yield Done(pick, rules, None, error)
        else:
            yield Done(pick, rules, done, None)


def _cases(engine: Engine, actor: Actor, now: datetime, picks: Sequence[Pick]) -> list[tuple[CaseRow, Rules]]:
    query = select(tables.case).where(tables.case.c.ref.in_([pick.ref for pick in picks[:MOST]]), visible_cases(actor))
    with engine.database.read() as connection:
        shelf = Shelf(engine, connection, now)
        found = [as_case(row) for row in connection.execute(query.order_by(tables.case.c.ref))]
        return [(case, shelf.rules(case.programme, case.version)) for case in found]


def _deadline(event: str, case: CaseRow, kind: str | None) -> Mapping[str, Value]:
    return {"deadline": kind or _most_urgent(snapshot_of(case)) or ""} if event in QUIETS else {}


def _most_urgent(snapshot: Snapshot) -> str | None:
    """Return the kind of deadline that runs and is due first."""
    running = [(w.due_on, kind) for kind, w in snapshot.watch.items() if w.live and not w.paused and w.due_on]
    return min(running)[1] if running else None
