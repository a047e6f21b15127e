"""Sessions, kept in the process: an opaque cookie names one, everything else stays here."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

IDLE, LONGEST = 15 * 60.0, 10 * 3600.0  # seconds; facts/trust.md §3
MOST = 20_000


@dataclass(slots=True)
class Session:
    """What is known of one browser.

    Attributes:
        staff_id: as whom it looks; None before anybody has entered.
        unlocked: the access code was given; who enters is still to be chosen.
        flashes: what to say on the next page: a kind and lines of text.
    """

    id: str
    born: float
    seen: float
    staff_id: int | None = None
    unlocked: bool = False
    flashes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


class SessionStore:
    """The sessions of this process. Time is the machine's own: a demo that moves its time logs nobody out."""

    def __init__(
        self, *, idle: float = IDLE, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle = idle
        self._longest = longest
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def find(self, session_id: str | None) -> Session | None:
        """Return a session that is still good, and keep it so; None when there is none of that name."""
        with self._lock:
            session = self._sessions.get(session_id or "")
            if session is None:
                return None
            now = self._clock()
            if now - session.seen > self._idle or now - session.born > self._longest:
                del self._sessions[session.id]
                return None
            session.seen = now
            self._sessions.move_to_end(session.id)
            return session

    def begin(self, session_id: str | None = None) -> Session:
        """Return a new session that knows nobody; the one seen longest ago makes room when there are too many.

        Args:
            session_id: a name we gave out before the process was restarted or the session grew old, so that the
                forms of its open pages stay good. Whoever enters gets a new name.
        """
        now = self._clock()
        session = Session(session_id or secrets.token_urlsafe(32), now, now)
        with self._lock:
            self._sessions[session.id] = session
            if len(self._sessions) > MOST:
                self._sessions.popitem(last=False)
        return session

    def renew(self, session: Session) -> Session:
        """Return a session with the same content and a new name: what was known of the old name opens nothing."""
        fresh = self.begin()
        fresh.staff_id, fresh.unlocked, fresh.flashes = session.staff_id, session.unlocked, session.flashes
        self.end(session)
        return fresh

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
