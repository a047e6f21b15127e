"""What the demo caught: raw mails and cards in one small SQLite file, newest first."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path
from threading import Lock
from typing import Literal

CaughtKind = Literal["mail", "card"]

_REF = re.compile(r"BV-[0-9A-HJ-NP-TV-Z]{4}-[0-9A-HJ-NP-TV-Z]{4}", re.ASCII)
_HEADERS = BytesHeaderParser()
_TABLES = """
CREATE TABLE IF NOT EXISTS caught (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, received_at TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, refs TEXT NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS caught_kind ON caught (kind, id);
"""
_COLUMNS = "id, kind, received_at, recipient, subject, refs, raw"


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail or card as it arrived.

    Attributes:
        received_at: By the demo's clock, in UTC.
        recipient: The envelope address, or the path the card was posted to.
        subject: The mail's subject, or the card's heading.
        refs: The case references it speaks of.
        raw: The very bytes.
    """

    id: int
    kind: CaughtKind
    received_at: datetime
    recipient: str
    subject: str
    refs: tuple[str, ...]
    raw: bytes


class DemoMailbox:
    """The store. One instance may be shared by threads; other processes may read the same file."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript(_TABLES)
        self._database.execute("PRAGMA journal_mode = WAL")
        # A demo may lose its last mails with the power; it may not be slow.
        self._database.execute("PRAGMA synchronous = OFF")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def add_mail(self, raw: bytes, envelope_to: str, received_at: datetime) -> int:
        """Keep a mail; returns its number."""
        subject = str(make_header(decode_header(_HEADERS.parsebytes(raw.partition(b"\r\n\r\n")[0]).get("Subject", ""))))
        # Quoted-printable folds lines, even inside a reference; to unfold is a hundred times cheaper than to parse.
        text = raw.replace(b"=\r\n", b"").decode("ascii", errors="replace")
        return self._add("mail", raw, envelope_to, received_at, subject, text)

    def add_card(self, raw: bytes, path: str, received_at: datetime) -> int:
        """Keep a card; returns its number. The raw bytes need not be a card, nor JSON."""
        return self._add("card", raw, path, received_at, _heading(raw), raw.decode(errors="replace"))

    def _add(self, kind: CaughtKind, raw: bytes, recipient: str, received_at: datetime, subject: str, text: str) -> int:
        refs = " ".join(dict.fromkeys(_REF.findall(text)))
        moment = received_at.astimezone(UTC).isoformat()
        statement = "INSERT INTO caught (kind, received_at, recipient, subject, refs, raw) VALUES (?, ?, ?, ?, ?, ?)"
        with self._lock:
            number = self._database.execute(statement, (kind, moment, recipient, subject, refs, raw)).lastrowid
        return number or 0

    def list(
        self, limit: int = 50, offset: int = 0, kind: CaughtKind | None = None, ref: str | None = None
    ) -> tuple[Caught, ...]:
        """A page of what was caught, newest first, of one kind and about one case if asked."""
        condition, values = _condition(kind, ref)
        statement = f"SELECT {_COLUMNS} FROM caught {condition} ORDER BY id DESC LIMIT ? OFFSET ?"  # noqa: S608
        return tuple(_caught(row) for row in self._rows(statement, [*values, limit, offset]))

    def get(self, number: int) -> Caught | None:
        """One of them, or None."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM caught WHERE id = ?", [number])  # noqa: S608
        return next((_caught(row) for row in rows), None)

    def count(self, kind: CaughtKind | None = None, ref: str | None = None) -> int:
        """How many there are, of one kind and about one case if asked."""
        condition, values = _condition(kind, ref)
        return int(str(self._rows(f"SELECT count(*) FROM caught {condition}", values)[0][0]))  # noqa: S608

    def wipe(self) -> None:
        """Throw everything away."""
        with self._lock:
            self._database.execute("DELETE FROM caught")

    def _rows(self, statement: str, values: Sequence[object]) -> Sequence[tuple[object, ...]]:
        with self._lock:
            return self._database.execute(statement, tuple(values)).fetchall()


def _condition(kind: CaughtKind | None, ref: str | None) -> tuple[str, Sequence[object]]:
    asked = {"kind = ?": kind, "instr(refs, ?) > 0": ref}
    kept = {clause: value for clause, value in asked.items() if value is not None}
    return ("WHERE " + " AND ".join(kept) if kept else ""), list(kept.values())


def _caught(row: "tuple[object, ...]") -> Caught:
    number, kind, received_at, recipient, subject, refs, raw = row
    return Caught(
        id=int(str(number)),
        kind="mail" if kind == "mail" else "card",
        received_at=datetime.fromisoformat(str(received_at)),
        recipient=str(recipient),
        subject=str(subject),
        refs=tuple(str(refs).split()),
        raw=raw if isinstance(raw, bytes) else b"",
    )


def _heading(raw: bytes) -> str:
    try:
        return str(json.loads(raw)["attachments"][0]["content"]["fallbackText"])
    except (ValueError, LookupError, TypeError):
        return ""
