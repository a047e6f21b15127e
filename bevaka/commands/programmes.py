"""`bevaka programmes`: check a definition, show one, publish one."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from access.rules import Action
from bevaka import console
from bevaka.commands.options import AsJson, group
from bevaka.entry import enter
from bevaka.error_words import BAD_INPUT, REFUSED
from bevaka.files import read_text
from bevaka.language import said, spoken, t
from engine.authorising import authorise_anywhere
from engine.inspecting import system_view
from engine.rulebook import publish as publish_definition
from workflows.catalogue import load_packaged, packaged
from workflows.diagram import to_mermaid, to_svg
from workflows.ladders import slots_of
from workflows.model import Deadline, Definition, Rung
from workflows.problems import Severity
from workflows.reader import check, read_definition
from workflows.refusal_words import clause_words, title_of
from workflows.rule_words import offset_words, rule_words

app = group("Insatser: granska, visa, publicera.", "Programmes: check, show, publish.")


class Diagram(Enum):
    """How a diagram is written."""

    MERMAID = "mermaid"
    SVG = "svg"


@app.command(
    "lint",
    help=t(
        "Alla fel i definitionsfiler, med fil, rad och kolumn.",
        "Every problem of definition files, by file, line and column.",
    ),
)
def lint(files: Annotated[list[Path], typer.Argument(metavar="FIL…")], as_json: AsJson = False) -> None:
    """Every problem of definition files, by file, line and column."""
    problems = [problem for path in files for problem in check(read_text(path), str(path))]
    if as_json:
        names = ("file", "line", "column", "rule", "severity", "found", "allowed")
        console.data([{name: getattr(problem, name) for name in names} for problem in problems])
    else:
        for problem in problems:
            console.say(str(problem))
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        warnings = len(problems) - errors
        console.tell(
            t(
                f"{len(files)} filer: {errors} fel, {warnings} varningar",
                f"{len(files)} files: {errors} errors, {warnings} warnings",
            )
        )
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise typer.Exit(REFUSED)


@app.command(
    "list",
    help=t(
        "Publicerade insatser och hur många öppna ärenden de har.",
        "Published programmes, and how many open cases live by each version.",
    ),
)
def list_(as_json: AsJson = False) -> None:
    """Published programmes, and how many open cases live by each version."""
    entry = enter()
    lines = system_view(entry.engine, entry.actor, entry.now).programmes
    if as_json:
        names = ("programme", "version", "published_at", "open_cases")
        console.data([{name: getattr(line, name) for name in names} for line in lines])
        return
    headings = (t("insats", "programme"), "version", t("publicerad", "published"), t("öppna ärenden", "open cases"))
    console.table(headings, [(x.programme, x.version, x.published_at, x.open_cases) for x in lines])


@app.command(
    "show",
    help=t(
        "En insats i ord eller som diagram.",
        "A programme in words, or as a diagram: a packaged one, else the newest published, else a file.",
    ),
)
def show(name: str, diagram: Annotated[Diagram | None, typer.Option("--diagram")] = None) -> None:
    """A programme in words, or as a diagram: a packaged one, else the newest published, else a file."""
    definition = _definition(name)
    match diagram:
        case Diagram.MERMAID:
            console.say(to_mermaid(definition, spoken()).rstrip())
        case Diagram.SVG:
            console.say(to_svg(definition, spoken()))
        case None:
            _explain(definition)


def _definition(name: str) -> Definition:
    if name in packaged():
        return load_packaged(name)
    if Path(name).is_file():
        return read_definition(read_text(Path(name)), name)
    entry = enter()
    with entry.engine.database.read() as connection:
        return entry.engine.rulebook.newest(connection, name, entry.now).definition


def _explain(definition: Definition) -> None:
    console.say(f"{definition.programme} {definition.version}: {said(definition.title)}")
    console.say()
    console.table(
        (t("händelse", "event"), t("från", "from"), t("till", "to"), t("vem", "by"), t("frågar efter", "asks for")),
        [
            (name, _states(definition, move), move.to or "–", ", ".join(sorted(move.by)), _asked(move))
            for name, move in definition.transitions.items()
        ],
    )
    for deadline in definition.deadlines.values():
        console.say()
        _explain_deadline(definition, deadline)


def _states(definition: Definition, move: Any) -> str:
    names = [name for name in definition.states if name in move.sources]
    return "*" if len(names) >= len(definition.states) - 1 else ", ".join(names)


def _asked(move: Any) -> str:
    return ", ".join(asked.field + ("" if asked.required else "?") for asked in move.asks) or "–"


def _explain_deadline(definition: Definition, deadline: Deadline) -> None:
    due, language = deadline.due, spoken()
    until = definition.fields[due.until].title if due.until else None
    rule = rule_words(due, definition.fields[due.anchor].title, until, language)
    console.say(f"{said(deadline.title)} ({deadline.name}): {rule}")
    states = [title_of(definition, name, language, "states") for name in definition.states if name in deadline.region]
    console.say(f"  {t('bevakas i', 'watched in')}: {', '.join(states)}")
    if deadline.when:
        console.say(f"  {t('om', 'if')}: {clause_words(str(deadline.when), definition, language)}")
    for rung in deadline.ladder:
        console.say(f"  {rung.key}: {offset_words(rung.at, language)} → {', '.join(slots_of(rung))}{_repeated(rung)}")


def _repeated(rung: Rung) -> str:
    if rung.repeat is None:
        return ""
    times = rung.repeat.at_most
    return t(f", högst {times} gånger", f", at most {times} times")


@app.command(
    "publish",
    help=t(
        "Publicera insatser; en publicerad version ändras aldrig.",
        "Publish definitions, from files or packaged ones by name. A published version never changes.",
    ),
)
def publish(files: Annotated[list[str], typer.Argument(metavar="FIL…")]) -> None:
    """Publish definitions, from files or packaged ones by name. A published version never changes."""
    offered = [
        load_packaged(name) if name in packaged() else read_definition(read_text(Path(name)), name) for name in files
    ]
    if len({(one.programme, one.version) for one in offered}) < len(offered):
        console.tell(t("samma version står två gånger", "the same version stands there twice"))
        raise typer.Exit(BAD_INPUT)
    entry = enter()
    authorise_anywhere(entry.actor, Action.RUN)
    with entry.engine.database.write() as connection:
        new = [publish_definition(connection, definition, entry.now) for definition in offered]
    for definition, is_new in zip(offered, new, strict=True):
        state = t("publicerad", "published") if is_new else t("redan publicerad", "published already")
        console.say(f"{definition.programme} {definition.version}: {state}")
