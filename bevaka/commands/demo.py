"""`bevaka demo`: move the demo's time."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bevaka.demo_journeys import read_span, travel
from config.settings import read_settings
from demo.errands import Errand, Journey, Stage

demo = typer.Typer(help="Move the demo's time.", no_args_is_help=True)

SpanText = Annotated[str, typer.Argument(metavar="SPAN", help="How far: 40d, 2w, 6m or 1y.")]
Acting = Annotated[bool, typer.Option(help="Whether the demo's people go on working meanwhile.")]


@demo.command()
def forward(span: SpanText, acting: Acting = True) -> None:
    """Let time pass: deadlines come, messages leave, and the demo's people do their work."""
    _travel(Journey.FORWARD, span, acting=acting)


@demo.command()
def outage(span: SpanText) -> None:
    """Let time pass while nothing runs. What was missed is caught up afterwards: one message, not fourteen."""
    _travel(Journey.OUTAGE, span, acting=False)


def _travel(journey: Journey, text: str, *, acting: bool) -> None:
    span, settings = read_span(text), read_settings()
    columns = (TextColumn("{task.fields[day]}"), BarColumn(), TextColumn("{task.fields[messages]} messages"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, day="", messages=0)

        def watch(errand: Errand) -> None:
            bar.update(task, completed=errand.part, day=str(errand.day or ""), messages=errand.messages)

        ended = travel(settings, journey, span, watch, acting=acting)
    _say(ended)


def _say(errand: Errand) -> None:
    typer.echo(f"{errand.day or errand.until.date()}: {errand.messages} messages, {errand.events} events")
    if errand.stage is not Stage.DONE:
        typer.echo(f"the journey ended early: {errand.stage}", err=True)
        raise typer.Exit(1)
