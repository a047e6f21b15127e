"""`bevaka ledger` and `bevaka replay`: what became of every rung, and whether the cases follow from their histories."""

from datetime import date
from typing import Annotated

import typer

from access.rules import Action
from bevaka import console
from bevaka.commands.options import AsJson, Cursor, Limit, day
from bevaka.entry import Entry, enter
from bevaka.error_words import REFUSED
from bevaka.language import said, t
from engine.auditing import Cause, Gap, replay_all, unaccounted
from engine.authorising import authorise_anywhere
from engine.inspecting import Ledger, LedgerFilter, case_view, ledger_lines
from workflows.ladders import Outcome, Reason

CAUSES = {
    Cause.NOT_SWEPT: ("klockan har inte sett den", "the clock has not seen it"),
    Cause.POSTPONED: ("den gick inte att avgöra och sköts upp", "it could not be decided and was put off"),
    Cause.STALLED: ("inget nästa steg är planerat", "no next step is planned"),
    Cause.MISCOUNTED: ("fel antal rader i liggaren", "wrong number of ledger entries"),
    Cause.NO_ENTRY: ("steget saknas i liggaren", "the step has no ledger entry"),
    Cause.NO_MESSAGE: ("inget meddelande är på väg", "no message is on its way"),
    Cause.NOT_SETTLED: ("utfallet saknar tidpunkt", "the outcome has no time"),
    Cause.NO_LADDER: ("insatsen har ingen sådan bevakning", "the programme has no such deadline"),
}


def ledger(
    unaccounted_for: Annotated[
        bool,
        typer.Option("--unaccounted", help=t("Räkna steg som ingen redovisat.", "Count rungs nobody accounted for.")),
    ] = False,
    outcome: Annotated[Outcome | None, typer.Option("--outcome")] = None,
    reason: Annotated[Reason | None, typer.Option("--reason")] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="REF")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATUM")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATUM")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """What became of every rung, newest first. With --unaccounted: how many are missing; status 0 only for none."""
    entry = enter()
    if unaccounted_for:
        _audit(entry, as_json)
        return
    dates = _day("--since", since), _day("--until", until)
    wanted = LedgerFilter(outcome, reason, case.upper() if case else None, *dates)
    found = ledger_lines(entry.engine, entry.actor, entry.now, wanted, limit, cursor)
    if as_json:
        console.data(_as_data(found))
    else:
        _show(found)


def _day(option: str, text: str | None) -> date | None:
    return day(option, text) if text is not None else None


def _as_data(found: Ledger) -> dict[str, object]:
    names = ("ref", "deadline", "due_on", "rung", "slot", "outcome", "reason", "late", "decided_at", "settled_at")
    rest = ("staff", "message_id")
    lines = [{name: getattr(line, name) for name in (*names, *rest)} for line in found.lines]
    return {"entries": lines, "counts": found.counts, "next_cursor": found.next_cursor}


def _show(found: Ledger) -> None:
    headings = (
        "ref",
        t("bevakning", "deadline"),
        t("steg", "rung"),
        t("till", "to"),
        t("utfall", "outcome"),
        t("skäl", "reason"),
        t("när", "when"),
        t("mottagare", "recipient"),
    )
    rows = [
        (x.ref, said(x.deadline_title), x.rung, x.slot, x.outcome, x.reason, x.settled_at or x.decided_at, x.staff)
        for x in found.lines
    ]
    console.table(headings, rows)
    console.tell(", ".join(f"{name}: {number}" for name, number in found.counts.items()))
    if found.next_cursor:
        console.tell(f"{t('fler', 'more')}: --cursor {found.next_cursor}")


def _audit(entry: Entry, as_json: bool) -> None:
    authorise_anywhere(entry.actor, Action.RUN)
    gaps = unaccounted(entry.engine, entry.now)
    if as_json:
        console.data({"unaccounted": len(gaps), "gaps": [_gap(gap) for gap in gaps]})
    else:
        console.say(str(len(gaps)))
        rows = [(gap.ref, gap.deadline, gap.rung, gap.slot, t(*CAUSES[gap.cause])) for gap in gaps]
        headings = ("ref", t("bevakning", "deadline"), t("steg", "rung"), t("till", "to"), t("vad", "what"))
        if rows:
            console.table(headings, rows)
    if gaps:
        raise typer.Exit(REFUSED)


def _gap(gap: Gap) -> dict[str, object]:
    return {name: getattr(gap, name) for name in ("ref", "deadline", "rung", "slot", "cause")}


def replay(
    case: Annotated[str | None, typer.Option("--case", metavar="REF")] = None,
    as_json: AsJson = False,
) -> None:
    """Decide every event again and compare with the cases as stored; verify the hash chain of every history."""
    entry = enter()
    authorise_anywhere(entry.actor, Action.RUN)
    if case is not None:
        case_view(entry.engine, case.upper(), entry.actor, entry.now)  # says so when there is no such case
    with console.progress(t("Spelar upp", "Replaying")) as told:
        found = replay_all(entry.engine, entry.now, case.upper() if case else None, told)
    names = ("ref", "what", "at_seq")
    differing = [{name: getattr(one, name) for name in names} for one in found.divergences]
    if as_json:
        console.data({"cases": found.cases, "events": found.events, "divergences": differing})
    else:
        counts = (found.cases, found.events, len(differing))
        console.say(
            t("ärenden: {}, händelser: {}, avvikelser: {}", "cases: {}, events: {}, divergences: {}").format(*counts)
        )
        for one in found.divergences:
            console.say(f"{one.ref}: {', '.join(one.what)}" + (f" (#{one.at_seq})" if one.at_seq else ""))
    if differing:
        raise typer.Exit(REFUSED)
