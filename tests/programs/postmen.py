"""Postmen as small as can be: they sweep and deliver as the Celery tasks do, again and again, until a file says stop.

They claim `BATCH` messages at a time, for `LEASE_SECONDS` where that is set. `JOURNAL` names the file where they write
each lease they take and each fencing token they show. `STOPS` holds places at which the members of those numbers stop
themselves (SIGSTOP), once: `{"0": "taken", "1": "recorded"}`.
"""

import json
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bevaka.wiring import build_engine
from config.settings import read_settings
from engine import delivering, leases, sending
from engine.parts import Engine
from engine.sweeping import sweep
from notifications.channels.clock import utc_now
from storage import outbox

PAUSE = 0.2  # seconds between two rounds that found nothing
END = "end"  # the file, in the data folder, that says stop


def deliver_until_the_end(member: int) -> None:
    """Do what the tasks do until the file is there."""
    settings, batch = read_settings(), int(os.environ.get("BATCH", delivering.BATCH))
    if lease := os.environ.get("LEASE_SECONDS"):
        leases.LEASE = timedelta(seconds=float(lease))
    if journal := os.environ.get("JOURNAL"):
        Journal(Path(journal), member, json.loads(os.environ.get("STOPS", "{}")).get(str(member), "")).keep()
    engine = build_engine(settings)
    pause = threading.Event()  # `time.sleep` minds when the computer's clock is set
    while not (settings.data_dir / END).exists():
        if not _round(engine, batch):
            pause.wait(PAUSE)


def _round(engine: Engine, batch: int) -> bool:
    try:
        swept = sweep(engine, utc_now())
        done = delivering.deliver(engine, utc_now(), batch, clock=utc_now)
    except Exception as error:  # noqa: BLE001 - the database may be away for a moment; so it is for a Celery task
        print(f"round failed: {type(error).__name__}", flush=True)
        return False
    return bool(swept.deadlines or done.handled)


class Journal:
    """Writes down what a postman shows the database, and stops the process at a chosen place.

    Lines: `leased MESSAGE TOKEN`, and `renewed` or `recorded` with MESSAGE TOKEN and whether the database took it.
    """

    def __init__(self, path: Path, member: int, stop_at: str) -> None:
        self._path = path
        self._member = member
        self._stop_at = stop_at

    def keep(self) -> None:
        """Begin to write."""
        outbox.write_leases = self._leasing(outbox.write_leases)
        outbox.renew = self._renewing(outbox.renew)
        sending.record = self._recording(sending.record)  # type: ignore[attr-defined]
        leases.Hand.take = self._taking(leases.Hand.take)  # type: ignore[method-assign]

    def _leasing(self, honest: Callable[..., None]) -> Callable[..., None]:
        def write_leases(connection: Any, claims: Sequence[Mapping[str, Any]]) -> None:
            honest(connection, claims)
            for claim in claims:
                self._write("leased", claim["id"], claim["lease"])

        return write_leases

    def _renewing(self, honest: Callable[..., set[int]]) -> Callable[..., set[int]]:
        def renew(connection: Any, tokens: Mapping[int, int], *arguments: Any) -> set[int]:
            kept = honest(connection, tokens, *arguments)
            for message_id, token in tokens.items():
                self._write("renewed", message_id, token, _words(taken=message_id in kept))
            return kept

        return renew

    def _recording(self, honest: Callable[..., bool]) -> Callable[..., bool]:
        def record(engine: Engine, parcel: Any, *arguments: Any) -> bool:
            self._perhaps_stop("recorded", parcel.message_id, parcel.token)
            taken = honest(engine, parcel, *arguments)
            self._write("recorded", parcel.message_id, parcel.token, _words(taken=taken))
            return taken

        return record

    def _taking(self, honest: Callable[..., Any]) -> Callable[..., Any]:
        def take(hand: Any, parcel: Any) -> Any:
            self._perhaps_stop("taken", parcel.message_id, parcel.token)
            return honest(hand, parcel)

        return take

    def _perhaps_stop(self, what: str, message_id: int, token: int) -> None:
        if self._stop_at == what:
            self._stop_at = ""
            self._write("stops", message_id, token)
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # at this very place, not a moment later

    def _write(self, *words: object) -> None:
        line = " ".join(map(str, (self._member, os.getpid(), *words)))
        with self._path.open("a", encoding="utf-8") as journal:
            journal.write(f"{line}\n")


def _words(*, taken: bool) -> str:
    return "yes" if taken else "refused"
