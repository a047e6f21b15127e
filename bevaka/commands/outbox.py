"""`bevaka outbox …` and `bevaka release-hold`: what waits, what failed, and what a human decides about it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bevaka import console
from bevaka.commands.options import AsJson, Cursor, Limit, group
from bevaka.entry import enter
from bevaka.error_words import REFUSED
from bevaka.language import t
from engine.holding import Preview, drop_held, held_messages, preview, release_held
from engine.holding import release_hold as let_live
from engine.inspecting_queue import QueueFilter, QueueLine, Shown, queue_page
from engine.resending import reroute, retry, retry_failed
from storage.holding import HeldGroup
from workflows.answer_texts import AnswersError

CHANNELS = ("email", "teams")

outbox = group("Meddelanden som väntar på ett beslut.", "Messages that wait for a decision.")


@outbox.command("held", help=t("Vad som hålls kvar.", "What is held."))
def held(as_json: AsJson = False) -> None:
    """Show what is held, by kind and channel."""
    entry = enter()
    groups = held_messages(entry.engine, entry.actor)
    if as_json:
        console.data({"held": [group._asdict() for group in groups]})
    else:
        _show(groups)


@outbox.command("release", help=t("Låt det lämna, så långt det ännu är önskat.", "Let it leave, if still wanted."))
def release() -> None:
    """Let everything that is held leave."""
    entry = enter()
    number = release_held(entry.engine, entry.actor)
    console.say(t(f"{number} meddelanden släpptes fram", f"{number} messages were released"))


@outbox.command("drop", help=t("Skicka det aldrig; liggaren säger det.", "Never send it; the ledger says so."))
def drop() -> None:
    """Settle everything that is held without sending it."""
    entry = enter()
    number = drop_held(entry.engine, entry.actor, entry.now)
    console.say(t(f"{number} meddelanden släpptes utan att skickas", f"{number} messages were dropped"))


def release_hold(
    yes: Annotated[bool, typer.Option("--yes", help=t("Gör det; annars visas bara följden.", "Do it."))] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a restored house would do; with --yes let it live. What is due is swept, then held for a decision."""
    entry = enter()
    seen = preview(entry.engine, entry.actor, entry.now)
    if as_json:
        messages = [group._asdict() for group in seen.messages]
        console.data({"on_hold_since": seen.since, "ladders": seen.ladders, "messages": messages})
    else:
        _show_preview(seen)
    if seen.since is None:
        raise typer.Exit(REFUSED)
    if yes:
        let_live(entry.engine, entry.actor, entry.now)


def _show_preview(seen: Preview) -> None:
    if seen.since is None:
        console.say(t("systemet är inte pausat", "the house is not on hold"))
        return
    backup = console.shown(seen.since)
    console.say(
        t(
            f"pausat sedan säkerhetskopian {backup}; {seen.ladders} bevakningar är i tur",
            f"on hold since the backup of {backup}; {seen.ladders} deadlines are due",
        )
    )
    _show(seen.messages)


def _show(groups: Sequence[HeldGroup]) -> None:
    headings = (t("slag", "kind"), t("kanal", "channel"), t("antal", "number"), t("äldsta", "oldest"))
    console.table(headings, groups)


@outbox.command("list", help=t("Vad som väntar, hålls kvar eller inte kom fram.", "What waits, is held or failed."))
def list_messages(
    state: Annotated[str | None, typer.Option("--state", metavar="|".join(Shown))] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="email|teams")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="KOD")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Show messages that wait, are held or failed, the newest first."""
    entry = enter()
    shown = Shown(_one_of("--state", state, tuple(Shown))) if state else None
    way = _one_of("--channel", channel, CHANNELS) if channel else None
    found = queue_page(entry.engine, entry.actor, entry.now, QueueFilter(shown, way, unit), limit, cursor)
    if as_json:
        console.data({"messages": [_plain(line) for line in found.lines], "next_cursor": found.next_cursor})
        return
    headings = ("id", t("slag", "kind"), t("till", "to"), t("ärende", "case"), t("läge", "state"), t("varför", "why"))
    told = [(x.id, x.kind, x.slot, x.ref, x.shown, x.error or x.reason or x.why) for x in found.lines]
    console.table(headings, told)


@outbox.command("retry", help=t("Försök igen med ett, eller allt på en väg.", "Try one again, or a whole channel."))
def try_again(
    number: Annotated[int | None, typer.Argument(metavar="[ID]", min=1)] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="email|teams")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="KOD")] = None,
) -> None:
    """Put one failed message back in the queue, or (with --channel or --unit) all that failed there."""
    entry = enter()
    if number is not None:
        retry(entry.engine, number, entry.actor, entry.now)
        console.say(t("Tillbaka i kön.", "Back in the queue."))
        return
    if channel is None and unit is None:
        raise AnswersError([("ID", t("ett meddelandes id, eller --channel eller --unit", "an id, or a channel/unit"))])
    way = _one_of("--channel", channel, CHANNELS) if channel else None
    done = retry_failed(entry.engine, entry.actor, entry.now, channel=way, unit=unit)
    console.say(
        t(
            f"{done.again} meddelanden är tillbaka i kön, {done.left} behövs inte längre",
            f"{done.again} messages are back in the queue, {done.left} are no longer needed",
        )
    )


@outbox.command("reroute", help=t("Skicka ett meddelande en annan väg.", "Send a message another way."))
def another_way(
    number: Annotated[int, typer.Argument(metavar="ID", min=1)],
    role: Annotated[str | None, typer.Option("--to", metavar="ROLL")] = None,
) -> None:
    """Send what a message says by email to another role; without --to the nearest level."""
    entry = enter()
    chosen = reroute(entry.engine, number, role, entry.actor, entry.now)
    console.say(t(f"Går till {chosen} i stället.", f"Goes to {chosen} instead."))


def _one_of(option: str, text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise AnswersError([(option, ", ".join(allowed))])
    return text


def _plain(line: QueueLine) -> dict[str, object]:
    names = ("id", "kind", "channel", "slot", "ref", "unit", "staff", "shown", "why", "until", "attempts", "error")
    more = ("reason", "uncertain", "created_at", "done_at", "not_again", "ways")
    return {name: getattr(line, name) for name in (*names, *more)}
