"""`bevaka audit`: sign what has happened so far, and look whether anybody has changed it since."""

from pathlib import Path
from typing import Annotated

import typer

from access.rules import Action
from access.signing import Signer
from bevaka import console
from bevaka.commands.options import AsJson, group
from bevaka.entry import Entry, enter
from bevaka.error_words import REFUSED
from bevaka.files import read_text
from bevaka.language import t
from engine.authorising import authorise_anywhere
from engine.chain_heads import Head, read_head, sign_head
from engine.verifying import Breach, Finding, verify

app = group("Har någon ändrat det som hänt?", "Has anybody changed what happened?")

BREACHES = {
    Breach.EVENT: ("en händelse är inte den som skrevs", "an event is not the one that was written"),
    Breach.END: ("ärendet slutar inte där dess historik gör det", "the case does not end where its history does"),
    Breach.MISSING: ("historiken är kortare än när den signerades", "the history is shorter than when it was signed"),
    Breach.HEAD: ("det som signerades har ändrats", "what was signed has been changed"),
    Breach.SIGNATURE: ("signaturen är inte husets egen", "the signature is not the house's own"),
    Breach.LOST_HEAD: ("den finns inte kvar i databasen", "it is not in the database any more"),
    Breach.STRAYED: (
        "samtycket eller utlämnandet stämmer inte med händelsen",
        "consent or disclosure strays from its event",
    ),
    Breach.LOG: ("åtkomstloggen har ändrats eller kortats", "the access log has been changed or cut"),
}


@app.command("head", help=t("Signera nu; spara raden utanför systemet.", "Sign now; keep the line outside."))
def head() -> None:
    """Sign all histories and the access log as they are now; print the line that is to be kept outside."""
    entry = _allowed()
    signer = _signer(entry)
    line = sign_head(entry.engine, signer, entry.now).line(signer.public_key)
    entry.engine.keep_outside(line)
    console.say(line)


@app.command("verify", help=t("Räkna om varje hash. Status 0 bara om allt stämmer.", "Reckon every hash again."))
def verify_all(
    file: Annotated[
        Path | None, typer.Option("--head", help=t("Fil med en rad som sparats utanför.", "A file kept outside."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Reckon every hash again and hold it against a head kept outside; status 0 only when everything fits."""
    entry = _allowed()
    outside: Head | None = read_head(read_text(file)) if file is not None else None
    with console.progress(t("Händelser", "Events")) as told:
        found = verify(entry.engine, _signer(entry), outside, told)
    counts = {name: getattr(found, name) for name in ("cases", "events", "heads", "lines")}
    if as_json:
        findings = [{"breach": one.breach, "case": one.ref, "at": one.at} for one in found.findings]
        console.data({**counts, "outside": outside.id if outside else None, "findings": findings})
    else:
        _show(counts, found.findings, outside)
    if found.findings:
        raise typer.Exit(REFUSED)


def _show(counts: dict[str, int], findings: tuple[Finding, ...], outside: Head | None) -> None:
    said = t(
        "ärenden: {cases}, händelser: {events}, signerade huvuden: {heads}, loggrader: {lines}",
        "cases: {cases}, events: {events}, signed heads: {heads}, log lines: {lines}",
    )
    console.say(said.format(**counts))
    for one in findings:
        console.say(f"{one.ref or '–'} #{one.at}: {t(*BREACHES[one.breach])}")
    if not findings:
        console.say(t("Allt stämmer.", "Everything fits."))
    if outside is None:
        console.tell(
            t(
                "Utan --head hittas inte den som skrivit om allt; jämför med en rad som sparats utanför systemet.",
                "Without --head nobody is found who has rewritten everything; compare with a line kept outside.",
            )
        )


def _allowed() -> Entry:
    entry = enter()
    authorise_anywhere(entry.actor, Action.RUN)
    return entry


def _signer(entry: Entry) -> Signer:
    return entry.engine.signer or Signer.from_keyring(entry.settings.keyring.read_text(encoding="utf-8"))
