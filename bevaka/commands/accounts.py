"""`bevaka staff`, `bevaka token`: who can sign in, and with which API tokens. What opens anything is shown once."""

from typing import Annotated

import typer

from access.tokens import LONGEST_LIFE, Scope
from bevaka import console
from bevaka.commands.options import AsJson, group
from bevaka.entry import enter
from bevaka.language import t
from engine.api_tokens import all_tokens, create_token, revoke_token
from engine.enrolling import invite
from engine.staffing import set_active

staff = group("Konton: bjud in, stäng av, släpp in igen.", "Accounts: invite, disable, enable.")
tokens = group("API-nycklar: gör, lista, återkalla.", "API tokens: create, list, revoke.")

Email = Annotated[str, typer.Argument(metavar="E-POST")]


@staff.command("invite", help=t("Bjud in någon att skapa sitt konto.", "Invite somebody to make her account."))
def invite_somebody(email: Email, as_json: AsJson = False) -> None:
    """Print a link, good once and for 48 hours, by which somebody sets her password and connects her telephone."""
    entry = enter()
    invited = invite(entry.engine, email, entry.actor, entry.now)
    link = f"{entry.engine.public_url}/join/{invited.code}"
    if as_json:
        console.data({"link": link, "expires_at": invited.expires_at})
        return
    console.say(link)
    until = console.shown(invited.expires_at)
    console.tell(
        t(
            f"Gäller en gång, till {until}. Visas bara nu; lämna den på ett säkert sätt.",
            f"Good once, until {until}. Shown only now; hand it over safely.",
        )
    )


@staff.command("disable", help=t("Stäng av någon; gäller vid nästa klick.", "Shut somebody out, at her next click."))
def disable(email: Email) -> None:
    """Shut somebody out: her sessions, tokens and invitation are gone, and she gets no message."""
    entry = enter()
    set_active(entry.engine, email, False, entry.actor)
    console.say(t("Avstängd: inloggningar och nycklar är borta.", "Disabled: sessions and tokens are gone."))


@staff.command("enable", help=t("Släpp in någon igen.", "Let somebody in again."))
def enable(email: Email) -> None:
    """Let somebody in again, with the password and the telephone she had."""
    entry = enter()
    set_active(entry.engine, email, True, entry.actor)
    console.say(t("Får logga in igen.", "May sign in again."))


@tokens.command("create", help=t("Gör en nyckel; den visas bara nu.", "Make a token; it is shown only now."))
def create(
    email: Email,
    label: Annotated[str, typer.Argument(metavar="NAMN")],
    scope: Annotated[list[str], typer.Option("--scope", metavar="|".join(Scope))],
    days: Annotated[int, typer.Option("--days", min=1, max=LONGEST_LIFE)] = 90,
) -> None:
    """Make a token for a member of staff. Nothing but the token is printed on standard output."""
    entry = enter()
    made = create_token(entry.engine, email, label, scope, days, entry.actor, entry.now)
    console.say(made.text)
    until = console.shown(made.expires_at)
    console.tell(t(f"Nyckel {made.id}, gäller till {until}.", f"Token {made.id}, good until {until}."))


@tokens.command("list", help=t("Alla nycklar, utan själva nyckeln.", "All tokens, without the tokens themselves."))
def list_tokens(as_json: AsJson = False) -> None:
    """All tokens, without the tokens themselves."""
    entry = enter()
    lines = all_tokens(entry.engine, entry.actor)
    names = ("id", "email", "label", "scopes", "created_at", "expires_at", "used_at", "revoked_at")
    if as_json:
        console.data([{name: getattr(line, name) for name in names} for line in lines])
        return
    headings = (
        t("nr", "no."),
        t("e-post", "email"),
        t("namn", "name"),
        t("får", "may"),
        t("gäller till", "good until"),
        t("använd", "used"),
        t("återkallad", "revoked"),
    )
    console.table(
        headings,
        [(x.id, x.email, x.label, " ".join(x.scopes), x.expires_at, x.used_at, x.revoked_at) for x in lines],
    )


@tokens.command("revoke", help=t("Återkalla en nyckel.", "Revoke a token."))
def revoke(number: Annotated[int, typer.Argument(metavar="NR")]) -> None:
    """End a token at once."""
    entry = enter()
    revoke_token(entry.engine, number, entry.actor, entry.now)
    console.say(t("Återkallad.", "Revoked."))
