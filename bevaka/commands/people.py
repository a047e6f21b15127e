"""`bevaka people`, `bevaka units`, `bevaka channels`: who works here, where, and how a team is reached."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bevaka import console
from bevaka.commands.options import AsJson, day, group
from bevaka.entry import enter
from bevaka.error_words import REFUSED
from bevaka.files import read_text
from bevaka.language import t
from bevaka.wiring import teams_settings
from engine.connecting import connected_teams, set_team_channel
from engine.inspecting import RoleLine, staff_list
from engine.inspecting import units as unit_lines
from engine.staffing import add_staff, add_unit, grant_role, revoke_role, set_absence, set_active
from engine.trying_channels import try_team

people = group("Personal: lägg till, roller, frånvaro.", "Staff: add, roles, absences.")
units = group("Mottagningar.", "Units.")
channels = group("Mottagningarnas Teams-kanaler.", "The units' Teams connections.")

Email = Annotated[str, typer.Argument(metavar="E-POST")]
Code = Annotated[str, typer.Argument(metavar="KOD")]
InUnit = Annotated[str | None, typer.Option("--unit", help=t("Utan: på alla mottagningar.", "Without: in every unit."))]
Language = Annotated[str, typer.Option("--language", metavar="sv|en")]
LONGEST_URL = 4096


@people.command("add", help=t("Lägg till en medarbetare.", "Add a member of staff."))
def add(
    email: Email,
    name: Annotated[str, typer.Argument(metavar="NAMN")],
    language: Language = "sv",
    digest: Annotated[bool, typer.Option(help=t("Morgonbrev om dagens bevakningar.", "A morning digest."))] = True,
) -> None:
    """Add a member of staff."""
    entry = enter()
    add_staff(entry.engine, email, name, entry.actor, language=language, digest=digest)
    console.say(t("Tillagd. Ge en roll: bevaka people role", "Added. Give a role: bevaka people role"))


@people.command("list", help=t("Alla medarbetare och deras roller.", "Everybody and the roles they hold."))
def list_people(as_json: AsJson = False) -> None:
    """Everybody and the roles they hold."""
    entry = enter()
    lines = staff_list(entry.engine, entry.actor, entry.now)
    if as_json:
        names = ("email", "name", "language", "active", "away_until")
        roles = [[{"role": role.role, "unit": role.unit} for role in line.roles] for line in lines]
        rows = zip(lines, roles, strict=True)
        console.data([{name: getattr(line, name) for name in names} | {"roles": held} for line, held in rows])
        return
    headings = (
        t("namn", "name"),
        t("e-post", "email"),
        t("roller", "roles"),
        t("borta t.o.m.", "away until"),
        t("aktiv", "active"),
    )
    console.table(headings, [(x.name, x.email, _roles(x.roles), x.away_until, x.active) for x in lines])


def _roles(held: tuple[RoleLine, ...]) -> str:
    return ", ".join(f"{role.role}@{role.unit or '*'}" for role in held) or "–"


@people.command("role", help=t("Ge en roll, eller ta den tillbaka.", "Give a role, or take it back."))
def role(
    email: Email,
    name: Annotated[str, typer.Argument(metavar="ROLL")],
    unit: InUnit = None,
    remove: Annotated[bool, typer.Option("--remove")] = False,
) -> None:
    """Give a role, or take it back."""
    entry = enter()
    change = revoke_role if remove else grant_role
    change(entry.engine, email, name, unit, entry.actor)
    console.say(t("Ändrat.", "Changed."))


@people.command("absence", help=t("Någon är borta, första till sista dagen.", "Somebody is away, first to last day."))
def absence(
    email: Email,
    from_on: Annotated[str, typer.Option("--from", metavar="DATUM")],
    until_on: Annotated[str, typer.Option("--until", metavar="DATUM")],
    deputy: Annotated[str | None, typer.Option("--deputy", metavar="E-POST")] = None,
) -> None:
    """Somebody is away, from the first to the last day, and somebody may stand in."""
    entry = enter()
    set_absence(entry.engine, email, day("--from", from_on), day("--until", until_on), deputy, entry.actor)
    console.say(t("Antecknat.", "Noted."))


@people.command("active", help=t("Någon arbetar här igen, eller inte längre.", "Works here again, or no longer."))
def active(email: Email, works_here: Annotated[bool, typer.Option("--yes/--no")] = True) -> None:
    """Let somebody work here again, or no longer: she gets no message and may do nothing."""
    entry = enter()
    set_active(entry.engine, email, works_here, entry.actor)
    console.say(t("Ändrat.", "Changed."))


@units.command("add", help=t("Lägg till en mottagning.", "Add a unit."))
def add_a_unit(code: Code, title: Annotated[str, typer.Argument(metavar="NAMN")]) -> None:
    """Add a unit."""
    entry = enter()
    add_unit(entry.engine, code, title, entry.actor)
    console.say(t("Tillagd.", "Added."))


@units.command("list", help=t("Alla mottagningar.", "Every unit."))
def list_units(as_json: AsJson = False) -> None:
    """Every unit."""
    entry = enter()
    lines = unit_lines(entry.engine, entry.actor)
    if as_json:
        console.data([{"code": line.code, "title": line.title} for line in lines])
    else:
        console.table((t("kod", "code"), t("namn", "title")), [(line.code, line.title) for line in lines])


@channels.command("set", help=t("Anslut en Teams-kanal; adressen läses från stdin.", "Connect a team; reads stdin."))
def set_channel(
    unit: Annotated[str, typer.Argument(metavar="KOD")],
    file: Annotated[
        Path | None, typer.Option("--file", help=t("Fil med adressen.", "A file that holds the address."))
    ] = None,
    language: Language = "sv",
) -> None:
    """Connect a unit's Teams channel. The address is a credential: it comes from a file or standard input."""
    entry = enter()
    url = read_text(file) if file is not None else sys.stdin.read(LONGEST_URL)
    label = set_team_channel(entry.engine, unit, url, teams_settings(entry.settings), entry.actor, language=language)
    console.say(t(f"Ansluten: {label}", f"Connected: {label}"))


@channels.command("test", help=t("Skicka ett testmeddelande.", "Send a test message."))
def test_channel(unit: Annotated[str, typer.Argument(metavar="KOD")]) -> None:
    """Send a test message to a unit's Teams channel; one that gets through puts a broken connection in use again."""
    entry = enter()
    tried = try_team(entry.engine, unit, entry.actor, entry.now)
    if tried.code is not None:
        console.say(t(f"Kom inte fram: {tried.code}", f"It failed: {tried.code}"))
        raise typer.Exit(REFUSED)
    console.say(t("Framme.", "It got through."))


@channels.command("list", help=t("Anslutna kanaler, utan adress.", "Connections, without their addresses."))
def list_channels(as_json: AsJson = False) -> None:
    """Connections, without their addresses."""
    entry = enter()
    lines = connected_teams(entry.engine, entry.actor)
    if as_json:
        names = ("unit", "label", "language", "refused", "broken_at")
        console.data([{name: getattr(line, name) for name in names} for line in lines])
        return
    headings = (
        t("mottagning", "unit"),
        t("kanal", "channel"),
        t("språk", "language"),
        t("trasig sedan", "broken since"),
    )
    console.table(headings, [(line.unit, line.label, line.language, line.broken_at) for line in lines])
