"""Backup and restore. A restored house starts on hold: nothing is sent twice unless somebody decides so."""

from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, update

from access.actors import Actor
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.holding import put_on_hold
from storage.backups import Manifest, restore_backup, write_backup
from storage.database import Database
from storage.outbox import QUEUED, SENDING
from storage.tables import outbox


def back_up(database: Database, path: Path, actor: Actor, now: datetime) -> Manifest:
    """Write everything but the key file to a new archive; raises `NotAllowedError` and as `write_backup`."""
    authorise_anywhere(actor, Action.RUN)
    return write_backup(database, path, now)


def restore(database: Database, path: Path, actor: Actor, now: datetime) -> Manifest:
    """Put an archive into an empty database and leave it on hold; raises `NotAllowedError` and as `restore_backup`.

    What was in a postman's hands when the backup was made may have left: it waits, marked as uncertain.
    """
    authorise_anywhere(actor, Action.RUN)
    return restore_backup(database, path, partial(_begin_on_hold, now))


def _begin_on_hold(now: datetime, connection: Connection, manifest: Manifest) -> None:
    in_hand = update(outbox).where(outbox.c.state == SENDING)
    connection.execute(in_hand.values(state=QUEUED, leased_until=None, uncertain=True))
    put_on_hold(connection, manifest.at, now)
