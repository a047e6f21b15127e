"""Sessions as the pages see them: an opaque cookie names one. A real house keeps them in its database, a demo here."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol

from engine.parts import Engine
from engine.sessions import OpenSession, SessionLimits, Stage, end_session, find_session, keep_flashes

IDLE, LONGEST = 15 * 60.0, 10 * 3600.0  # seconds, in a demo; facts/trust.md §3
MOST = 20_000

Flashes = list[tuple[str, tuple[str, ...]]]


@dataclass(slots=True)
class Session:
    """What is known of one browser.

    Attributes:
        id: its name, known to the browser alone.
        opened: who signed in, and how far; None before anybody has.
        flashes: what to say on the next page: a kind and lines of text.
    """

    id: str
    born: float = 0.0
    seen: float = 0.0
    opened: OpenSession | None = None
    flashes: Flashes = field(default_factory=list)
    unknown: bool = False  # whether anybody has cannot be said: the database is away

    @property
    def staff_id(self) -> int | None:
        """Return who is in; None before the second factor."""
        return self.opened.staff_id if self.opened is not None and self.opened.stage is Stage.FULL else None


class Sessions(Protocol):
    """Where sessions are kept. Methods may wait for a database: they are called from threads."""

    def find(self, name: str | None) -> Session | None:
        """Return a session that is still good, and keep it so; None when there is none of that name."""
        ...

    def begin(self, name: str | None = None) -> Session:
        """Return a session that knows nobody.

        Args:
            name: one we gave out before, so that the forms of its open pages stay good. Who signs in gets a new one.
        """
        ...

    def keep(self, session: Session) -> None:
        """Keep what is to be said on its next page."""
        ...

    def end(self, session: Session) -> None:
        """Forget a session."""
        ...


class KeptSessions:
    """The sessions of a real house, the same for all its processes. Who has not signed in has nothing kept."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], limits: SessionLimits) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = limits

    def find(self, name: str | None) -> Session | None:
        """Return the session of somebody who signed in, wherever she did; see `Sessions`."""
        opened = find_session(self._engine, name, self._clock(), self._limits) if name else None
        return Session(name or "", opened=opened, flashes=list(opened.flashes)) if opened is not None else None

    def begin(self, name: str | None = None) -> Session:
        """Return a session that knows nobody; see `Sessions`."""
        return Session(name or secrets.token_urlsafe(32))

    def keep(self, session: Session) -> None:
        """Keep what is to be said, where there is something new; see `Sessions`."""
        known = session.opened.flashes if session.opened is not None else ()
        if tuple(session.flashes) != known:
            keep_flashes(self._engine, session.id, session.flashes)

    def end(self, session: Session) -> None:
        """Forget a session; see `Sessions`."""
        end_session(self._engine, session.id)


class SessionStore:
    """The sessions of a demo, in its process. Time is the machine's own: moving the demo's time logs nobody out."""

    def __init__(
        self, *, idle: float = IDLE, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle = idle
        self._longest = longest
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def find(self, name: str | None) -> Session | None:
        """Return a session that is still good; see `Sessions`."""
        with self._lock:
            session = self._sessions.get(name or "")
            if session is None:
                return None
            now = self._clock()
            if now - session.seen > self._idle or now - session.born > self._longest:
                del self._sessions[session.id]
                return None
            session.seen = now
            self._sessions.move_to_end(session.id)
            return session

    def begin(self, name: str | None = None) -> Session:
        """Return a new session; the one seen longest ago makes room when there are too many. See `Sessions`."""
        now = self._clock()
        session = Session(name or secrets.token_urlsafe(32), now, now)
        with self._lock:
            self._sessions[session.id] = session
            if len(self._sessions) > MOST:
                self._sessions.popitem(last=False)
        return session

    def keep(self, session: Session) -> None:
        """Do nothing: what is to be said is kept with the session itself."""

    def end(self, session: Session) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(session.id, None)


def csrf_token(secret: bytes, session: Session) -> str:
    """Return the token that every form of this session carries."""
    return hmac.new(secret, b"csrf|" + session.id.encode(), hashlib.sha256).hexdigest()


def is_csrf_token(secret: bytes, session: Session, token: str) -> bool:
    """Say whether a form came from a page of this session."""
    return hmac.compare_digest(csrf_token(secret, session).encode(), token.encode())


def sign(secret: bytes, session_id: str) -> str:
    """Return a session's name as its cookie carries it, with our signature."""
    return f"{session_id}.{_signature(secret, session_id)}"


def signed_id(secret: bytes, cookie: str) -> str | None:
    """Return the session's name in a cookie; None when we did not sign it."""
    session_id, _, signature = cookie.rpartition(".")
    good = hmac.compare_digest(_signature(secret, session_id).encode(), signature.encode())
    return session_id if good and session_id else None


def _signature(secret: bytes, session_id: str) -> str:
    return hmac.new(secret, b"session|" + session_id.encode(), hashlib.sha256).hexdigest()[:32]
