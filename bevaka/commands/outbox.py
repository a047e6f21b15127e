"""`bevaka outbox held|release|drop` and `bevaka release-hold`: what waits for a human's decision."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bevaka import console
from bevaka.commands.options import AsJson, group
from bevaka.entry import enter
from bevaka.error_words import REFUSED
from bevaka.language import t
from engine.holding import Preview, drop_held, held_messages, preview, release_held
from engine.holding import release_hold as let_live
from storage.holding import HeldGroup

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
