"""`bevaka web`, `bevaka worker`, `bevaka clock`: the processes of a scaled-out run."""

from typing import Annotated

import typer

from bevaka import scaled_out
from bevaka.entry import settings_read
from bevaka.language import t

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=t("Port att lyssna på.", "Port to listen on."))]
Host = Annotated[str, typer.Option("--host", help=t("Adress att lyssna på.", "Address to listen on."))]


def web(host: Host = "127.0.0.1", port: Port = 8420) -> None:
    """Serve the web workplace."""
    scaled_out.serve_web(settings_read(), host, port)


def worker(
    queues: Annotated[
        str, typer.Option("--queues", help=t("Köer, med komma emellan: time, post, reports.", "Queues, by commas."))
    ] = "",
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help=t("Antal samtidiga uppgifter.", "Tasks at a time."))
    ] = 2,
    name: Annotated[
        str, typer.Option("--name", help=t("Arbetarens namn i Flower.", "The name Flower shows."))
    ] = "worker",
) -> None:
    """Take tasks."""
    scaled_out.run_worker(settings_read(), queues or scaled_out.all_queues(), concurrency, name)


def clock(
    every: Annotated[
        int, typer.Option("--every", min=1, max=300, help=t("Sekunder mellan tick.", "Seconds between ticks."))
    ] = 5,
) -> None:
    """Tick."""
    scaled_out.run_clock(settings_read(), every)
