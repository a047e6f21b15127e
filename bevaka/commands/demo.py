"""`bevaka demo`: move the demo's time."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bevaka.commands.options import group
from bevaka.demo_journeys import read_span, travel
from bevaka.entry import settings_read
from bevaka.language import t
from demo.errands import Errand, Journey, Stage

demo = group("Flytta demons tid.", "Move the demo's time.")

SpanText = Annotated[
    str, typer.Argument(metavar="SPAN", help=t("Hur långt: 40d, 2w, 6m eller 1y.", "How far: 40d, 2w, 6m or 1y."))
]
Acting = Annotated[
    bool,
    typer.Option(
        "--acting/--no-acting",
        help=t("Om demons personal arbetar under tiden.", "Whether the demo's people work meanwhile."),
    ),
]


@demo.command("forward", help=t("Låt tiden gå, med allt den för med sig.", "Let time pass, with all that it brings."))
def forward(span: SpanText, acting: Acting = True) -> None:
    """Let time pass: deadlines come, messages leave, and the demo's people do their work."""
    _travel(Journey.FORWARD, span, acting=acting)


@demo.command("outage", help=t("Låt tiden gå medan ingenting körs.", "Let time pass while nothing runs."))
def outage(span: SpanText) -> None:
    """Let time pass while nothing runs. What was missed is caught up afterwards: one message, not fourteen."""
    _travel(Journey.OUTAGE, span, acting=False)


def _travel(journey: Journey, text: str, *, acting: bool) -> None:
    span, settings = read_span(text), settings_read()
    messages = t("meddelanden", "messages")
    columns = (TextColumn("{task.fields[day]}"), BarColumn(), TextColumn("{task.fields[messages]} " + messages))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, day="", messages=0)

        def watch(errand: Errand) -> None:
            bar.update(task, completed=errand.part, day=str(errand.day or ""), messages=errand.messages)

        ended = travel(settings, journey, span, watch, acting=acting)
    _say(ended, messages)


def _say(errand: Errand, messages: str) -> None:
    events = t("händelser", "events")
    typer.echo(f"{errand.day or errand.until.date()}: {errand.messages} {messages}, {errand.events} {events}")
    if errand.stage is not Stage.DONE:
        typer.echo(t("resan slutade i förtid", "the journey ended early"), err=True)
        raise typer.Exit(1)
