"""The bar that is shown while a new demo lives through its first year."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bevaka.demo_house import Progress as Tell
from bevaka.language import t
from demo.time_machine import Travelled


@contextmanager
def seeding_progress() -> Iterator[Tell]:
    """Give what is to be told of every day; the bar appears with the first and goes when the year is over.

    Nothing but a line is shown where nobody watches (no terminal).
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[day]}"), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(t("Demons första år", "The demo's first year"), total=1.0, day="", start=True)

    messages = t("meddelanden", "messages")

    def tell(travelled: Travelled, part: float) -> None:
        if not bar.live.is_started and part < 1:
            bar.start()
        bar.update(task, completed=part, day=f"{travelled.day:%Y-%m-%d}  {travelled.messages} {messages}")
        if part >= 1:
            bar.stop()

    try:
        yield tell
    finally:
        bar.stop()
