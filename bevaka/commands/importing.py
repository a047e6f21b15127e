"""`bevaka import`: a file of decisions, looked at first, then opened."""

from pathlib import Path
from typing import Annotated

import typer

from bevaka import console
from bevaka.commands.options import AsJson, pairs
from bevaka.entry import Entry, enter
from bevaka.error_words import REFUSED
from bevaka.language import spoken, t
from engine.eligibility import Outside
from engine.importing import Choices, ImportPreview, apply_import, preview_import
from workflows.answer_texts import read_answers

MOST_SHOWN = 200
OUTSIDE = {
    Outside.TOO_YOUNG: ("för ung för insatsen", "too young for the programme"),
    Outside.TOO_OLD: ("för gammal för insatsen", "too old for the programme"),
    Outside.NOT_FIRST_GRANT: ("inget förstagångsbeslut", "no first grant"),
}


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FIL", help=t("CSV eller Excel.", "CSV or Excel."))],
    programme: Annotated[str, typer.Option("--programme", help=t("Insats.", "Programme."))],
    apply: Annotated[bool, typer.Option("--apply", help=t("Öppna ärendena.", "Open the cases."))] = False,
    unit: Annotated[
        str | None, typer.Option("--unit", help=t("Mottagning för rader utan.", "Unit of rows without one."))
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FÄLT=VÄRDE", help=t("Uppgift som filen saknar.", "What the file does not say.")),
    ] = None,
    first_grants: Annotated[
        bool, typer.Option("--first-grants", help=t("Tomt betyder förstagångsbeslut.", "Empty means a first grant."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Preview a file of decisions and, with --apply, open a case for each: all of them or none."""
    entry = enter()
    choices = Choices(unit, _fixed(entry, programme, fixed or []), first_grants)
    if apply:
        _apply(entry, file, programme, choices, as_json)
        return
    with console.progress(t("Läser", "Reading")) as told:
        seen = preview_import(entry.engine, file, programme, entry.actor, entry.now, told, choices=choices)
    if as_json:
        console.data(_as_data(seen))
    else:
        _show(seen)
    if not seen.can_be_applied:
        raise typer.Exit(REFUSED)


def _fixed(entry: Entry, programme: str, texts: list[str]) -> dict[str, str | int | bool | None]:
    raw = pairs("--set", texts)
    if not raw:
        return {}
    with entry.engine.database.read() as connection:
        definition = entry.engine.rulebook.newest(connection, programme, entry.now).definition
    return dict(read_answers(definition.fields.values(), raw))  # type: ignore[arg-type]


def _apply(entry: Entry, file: Path, programme: str, choices: Choices, as_json: bool) -> None:
    with console.progress(t("Öppnar ärenden", "Opening cases")) as told:
        done = apply_import(entry.engine, file, programme, entry.actor, entry.now, told, choices=choices)
    if as_json:
        console.data(_as_data(done.preview) | {"opened": [case.ref for case in done.opened]})
        return
    _show(done.preview)
    console.say(t(f"Öppnade {len(done.opened)} ärenden.", f"Opened {len(done.opened)} cases."))


def _as_data(seen: ImportPreview) -> dict[str, object]:
    """Return a preview without anything about anybody."""
    return {
        "programme": seen.programme,
        "version": seen.version,
        "rows": seen.rows,
        "new": len(seen.new),
        "known": seen.known,
        "outside": [{"row": row, "reason": reason} for row, reason in seen.outside],
        "problems": [
            {"row": p.row, "column": p.column, "cause": p.cause, "text": p.text(spoken())} for p in seen.problems
        ],
        "missing": seen.missing,
        "by_unit": seen.by_unit,
        "without_coordinator": seen.without_coordinator,
        "read_before": seen.read_before,
        "can_be_applied": seen.can_be_applied,
    }


def _show(seen: ImportPreview) -> None:
    counts = [
        (t("rader", "rows"), seen.rows),
        (t("nya ärenden", "new cases"), len(seen.new)),
        (t("finns redan", "known already"), seen.known),
        (t("utanför insatsen", "outside the programme"), len(seen.outside)),
        (t("problem", "problems"), len(seen.problems)),
    ]
    console.table((f"{seen.programme} {seen.version}", t("antal", "number")), counts)
    for unit, number in seen.by_unit.items():
        console.say(t(f"{unit}: {number} nya ärenden", f"{unit}: {number} new cases"))
    if seen.without_coordinator:
        console.say(
            t(f"utan rehabkoordinator: {seen.without_coordinator}", f"no coordinator: {seen.without_coordinator}")
        )
    if seen.read_before:
        console.say(t("Filen lästes in", "The file was read") + f" {console.shown(seen.read_before)}.")
    _show_rows(seen)


def _show_rows(seen: ImportPreview) -> None:
    rows = [(p.row, p.column, p.text(spoken())) for p in seen.problems[:MOST_SHOWN]]
    rows += [(row, "–", t(*OUTSIDE[reason])) for row, reason in seen.outside[: MOST_SHOWN - len(rows)]]
    if rows:
        console.say()
        console.table((t("rad", "row"), t("kolumn", "column"), t("vad", "what")), rows)
    hidden = len(seen.problems) + len(seen.outside) - len(rows)
    if hidden:
        console.say(t(f"… och {hidden} rader till (--json visar alla)", f"… and {hidden} more (--json shows all)"))
    for name, allowed in seen.missing.items():
        console.say(f"{t('saknas', 'missing')}: --set {name}={'|'.join(allowed)}")
    if seen.can_be_applied and seen.new:
        console.tell(
            t("Inget är skrivet. Öppna ärendena med --apply.", "Nothing was written. Open the cases with --apply.")
        )
