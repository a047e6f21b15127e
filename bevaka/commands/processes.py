"""`bevaka web`, `bevaka worker`, `bevaka clock`, `bevaka flower`: the processes of a scaled-out run."""

from pathlib import Path
from typing import Annotated

import typer

from bevaka import scaled_out
from bevaka.entry import settings_read
from bevaka.language import t

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=t("Port att lyssna på.", "Port to listen on."))]
Host = Annotated[str, typer.Option("--host", help=t("Adress att lyssna på.", "Address to listen on."))]

Alive = Annotated[
    Path | None,
    typer.Option("--alive-file", help=t("Fil som rörs så länge det går.", "File that is touched while it goes.")),
]


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
    alive: Alive = None,
) -> None:
    """Take tasks."""
    scaled_out.run_worker(settings_read(), queues, concurrency, name, alive)


def clock(
    every: Annotated[
        int, typer.Option("--every", min=1, max=300, help=t("Sekunder mellan tick.", "Seconds between ticks."))
    ] = 5,
    alive: Alive = None,
) -> None:
    """Tick."""
    scaled_out.run_clock(settings_read(), every, alive)


def flower(
    host: Host = "127.0.0.1",
    port: Port = 5555,
    url_prefix: Annotated[
        str, typer.Option("--url-prefix", help=t("Sökväg bakom en proxy.", "Path behind a proxy."))
    ] = "",
    read_only: Annotated[
        bool,
        typer.Option("--read-only/--allow-control", help=t("Titta, eller även styra.", "Look, or control as well.")),
    ] = True,
) -> None:
    """Show who works on what."""
    from bevaka.task_board import serve_board  # noqa: PLC0415 - slow to load

    serve_board(settings_read(), host, port, url_prefix, read_only=read_only)
