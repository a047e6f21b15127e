"""`bevaka consents`: what a person has agreed to, withdrawing it, and telling another authority named fields."""

from datetime import date
from typing import Annotated

import typer

from access.consents import CARE, FK, GROUPS, Basis, Form, Giver, Purpose, Recipient, Terms
from bevaka import console
from bevaka.commands.options import AsJson, Ref, day, group
from bevaka.entry import enter
from bevaka.language import t
from engine.consenting import ConsentLine, consent_lines, record_consent, withdraw_consent
from engine.disclosing import disclose
from workflows.dates import local_date

app = group("Samtycken: anteckna, återkalla, lämna ut.", "Consents: record, withdraw, disclose.")

From = Annotated[str, typer.Option("--from", metavar="PART", help=t("Vem som berättar.", "Who tells."))]
To = Annotated[str, typer.Option("--to", metavar="PART", help=t("Vem som får veta.", "Who is told."))]
Role = Annotated[str, typer.Option("--recipient", metavar="ROLL", help=t("Mottagarens roll där.", "The role there."))]
Groups = Annotated[
    list[str],
    typer.Option("--data", metavar=f"{'|'.join(GROUPS)}|FÄLT", help=t("Vad det omfattar.", "What it covers.")),
]


@app.command("record", help=t("Anteckna ett samtycke med dess villkor.", "Record a consent with its terms."))
def record(
    ref: Ref,
    data: Groups,
    until: Annotated[str, typer.Option("--until", metavar="DATUM", help=t("Sista dagen.", "The last day."))],
    form: Annotated[Form, typer.Option("--form", help=t("Hur det lämnades.", "How it was given."))],
    purpose: Annotated[Purpose, typer.Option("--purpose")] = Purpose.COORDINATION,
    giver: Annotated[Giver, typer.Option("--giver")] = Giver.PERSON,
    since: Annotated[str | None, typer.Option("--since", metavar="DATUM")] = None,
    from_party: From = CARE,
    to_party: To = FK,
    recipient: Role = "handler",
) -> None:
    """Record a consent with its terms; an older one of the same direction and purpose ends."""
    entry = enter()
    first: date = day("--since", since) if since is not None else local_date(entry.now)
    to = Recipient(to_party, recipient)
    terms = Terms(giver, from_party, to, purpose, frozenset(data), form, first, day("--until", until))
    record_consent(entry.engine, ref.upper(), terms, entry.actor, entry.now)
    console.say(t("Antecknat.", "Recorded."))


@app.command(
    "withdraw", help=t("Återkalla; det som väntar stoppas genast.", "Withdraw; what waits is stopped at once.")
)
def withdraw(
    ref: Ref,
    from_party: From = CARE,
    to_party: To = FK,
    purpose: Annotated[Purpose | None, typer.Option("--purpose", help=t("Utan: alla.", "Without: all."))] = None,
) -> None:
    """Withdraw what was agreed on in a direction."""
    entry = enter()
    withdraw_consent(entry.engine, ref.upper(), from_party, to_party, entry.actor, entry.now, purpose)
    console.say(t("Återkallat.", "Withdrawn."))


@app.command("list", help=t("Ett ärendes samtycken, nyast först.", "The consents of a case, newest first."))
def list_consents(ref: Ref, as_json: AsJson = False) -> None:
    """The consents of a case, newest first, and why one does not count."""
    entry = enter()
    lines = consent_lines(entry.engine, ref.upper(), entry.actor, entry.now)
    if as_json:
        console.data([_as_data(line) for line in lines])
        return
    headings = (
        t("från", "from"),
        t("till", "to"),
        t("ändamål", "purpose"),
        t("omfattar", "covers"),
        t("form", "form"),
        t("t.o.m.", "until"),
        t("gäller", "counts"),
    )
    rows = [(line.consent.terms, line) for line in lines]
    console.table(
        headings,
        [
            (x.from_party, x.to.party, x.purpose, ", ".join(sorted(x.groups)), x.form, x.valid_until, not line.lacks)
            for x, line in rows
        ],
    )


def _as_data(line: ConsentLine) -> dict[str, object]:
    terms, consent = line.consent.terms, line.consent
    said = {
        name: getattr(terms, name) for name in ("giver", "from_party", "purpose", "form", "valid_from", "valid_until")
    }
    return {
        **said,
        "to_party": terms.to.party,
        "recipient": terms.to.role,
        "data": sorted(terms.groups),
        "recorded_at": consent.recorded_at,
        "recorded_by": line.recorded_by,
        "ended_at": consent.ended_at,
        "ended": consent.ended,
        "lacks": list(line.lacks),
    }


@app.command("disclose", help=t("Lämna ut namngivna uppgifter; blir en händelse.", "Disclose named data: an event."))
def disclose_fields(
    ref: Ref,
    fields: Annotated[list[str], typer.Option("--field", metavar="FÄLT", help=t("Varje uppgift för sig.", "Each."))],
    asked_on: Annotated[
        str | None,
        typer.Option("--asked-on", metavar="DATUM", help=t("FK:s egen begäran (SFB 110:31).", "FK's own request.")),
    ] = None,
) -> None:
    """Tell the case's handler at FK named fields, on a consent or on FK's own request."""
    entry = enter()
    asked = day("--asked-on", asked_on) if asked_on is not None else None
    basis: Basis = disclose(entry.engine, ref.upper(), fields, entry.actor, entry.now, asked_on=asked)
    console.say(t(f"Utlämnat, grund: {basis.ground}", f"Disclosed, ground: {basis.ground}"))
