"""`bevaka access-log`: who has read about whom, reviewed and signed, and the extract a patient may ask for."""

import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from access.personnumbers import PersonalNumber
from access.signing import Signer
from bevaka import console
from bevaka.commands.options import AsJson, Ref, day, group
from bevaka.entry import Entry, enter
from bevaka.language import t
from engine.breaking_glass import openings, review_opening
from engine.reviewing import SAMPLE, Conclusion, Review, Sign, patient_extract, review, sign_review
from workflows.dates import STOCKHOLM, local_date

app = group("Vem har läst om vem: granska, utdrag.", "Who has read about whom: review, extract.")

LONGEST_NUMBER = 64
SIGNS = {
    Sign.OWN_NAME: ("samma namn som läsaren", "the reader's own name"),
    Sign.SAME_SURNAME: ("samma efternamn", "same surname"),
    Sign.NO_TEAM_LINK: ("utan koppling till ärendet", "no link to the case"),
    Sign.OFF_HOURS: ("utanför arbetstid", "out of hours"),
    Sign.BULK: ("många på kort tid", "many in a short time"),
    Sign.SAMPLE: ("stickprov", "sample"),
}
Since = Annotated[str, typer.Option("--since", metavar="DATUM", help=t("Första dagen.", "The first day."))]
Until = Annotated[str, typer.Option("--until", metavar="DATUM", help=t("Sista dagen.", "The last day."))]


@app.command("review", help=t("Läsningar att granska; med --sign som protokoll.", "Readings to look at."))
def review_readings(
    since: Since,
    until: Until,
    sample: Annotated[
        int, typer.Option("--sample", min=0, max=1000, help=t("Stickprovets storlek.", "How many."))
    ] = SAMPLE,
    sign: Annotated[
        Conclusion | None, typer.Option("--sign", help=t("Signera granskningen med ett utfall.", "Sign it."))
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help=t("Dra samma stickprov igen.", "The same sample again."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Readings that stand out, and a random sample of the others; act as the reviewer: bevaka --as EMAIL."""
    entry = enter()
    first, last = _midnight(day("--since", since)), _midnight(day("--until", until) + timedelta(days=1))
    found = review(entry.engine, entry.actor, first, last, entry.now, sample=sample, seed=seed)
    _show(found, as_json)
    if sign is not None:
        number = sign_review(entry.engine, _signer(entry), entry.actor, found, sign, entry.now)
        console.tell(t(f"Protokoll {number} är signerat.", f"Protocol {number} is signed."))


def _show(found: Review, as_json: bool) -> None:
    if as_json:
        names = ("id", "at", "reader", "action", "ref", "unit", "signs")
        lines = [{name: getattr(line, name) for name in names} for line in found.lines]
        console.data({"readings": found.readings, "lines": lines})
        return
    headings = (t("när", "when"), t("läsare", "reader"), "ref", t("mottagning", "unit"), t("varför", "why"))
    rows = [(x.at, x.reader, x.ref, x.unit, ", ".join(t(*SIGNS[sign]) for sign in x.signs)) for x in found.lines]
    console.table(headings, rows)
    console.tell(t(f"läsningar i allt: {found.readings}", f"readings in all: {found.readings}"))


@app.command("extract", help=t("Utdrag till en patient; numret läses från stdin.", "An extract; reads stdin."))
def extract(as_json: AsJson = False) -> None:
    """When and from which units a person was read about. Her number comes on standard input, never as an argument."""
    entry = enter()
    number = PersonalNumber.parse(sys.stdin.read(LONGEST_NUMBER).strip(), today=local_date(entry.now))
    lines = patient_extract(entry.engine, number, entry.actor, entry.now)
    if as_json:
        console.data([{name: getattr(line, name) for name in ("at", "unit", "action", "actor")} for line in lines])
        return
    headings = (t("när", "when"), t("mottagning", "unit"), t("vad", "what"), t("av", "by"))
    console.table(headings, [(line.at, line.unit, line.action, line.actor) for line in lines])


@app.command("openings", help=t("Nödöppningar som väntar på granskning.", "Broken glass that waits for a review."))
def list_openings(
    every: Annotated[bool, typer.Option("--all", help=t("Också de granskade.", "Reviewed ones too."))] = False,
    as_json: AsJson = False,
) -> None:
    """Broken glass that waits for a review; act as the reviewer: bevaka --as EMAIL."""
    entry = enter()
    lines = openings(entry.engine, entry.actor, entry.now, waiting=not every)
    if as_json:
        names = ("ref", "seq", "at", "until", "by", "unit", "reason", "reviewed_at", "conclusion", "note", "overdue")
        console.data([{name: getattr(line, name) for name in names} for line in lines])
        return
    headings = ("ref", "#", t("när", "when"), t("av", "by"), t("skäl", "reason"), t("försenad", "overdue"))
    console.table(headings, [(x.ref, x.seq, x.at, x.by, x.reason, x.overdue) for x in lines])


@app.command(
    "settle", help=t("Anteckna vad granskningen av en nödöppning kom fram till.", "Note what a review came to.")
)
def settle(
    ref: Ref,
    seq: Annotated[int, typer.Argument(metavar="#", min=1)],
    conclusion: Annotated[Conclusion, typer.Option("--conclusion")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT")] = "",
) -> None:
    """Note what the review of one opening came to. Nobody reviews her own."""
    entry = enter()
    review_opening(entry.engine, ref.upper(), seq, conclusion, entry.actor, entry.now, note)
    console.say(t("Antecknat.", "Noted."))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(0), STOCKHOLM).astimezone(UTC)


def _signer(entry: Entry) -> Signer:
    return entry.engine.signer or Signer.from_keyring(entry.settings.keyring.read_text(encoding="utf-8"))
