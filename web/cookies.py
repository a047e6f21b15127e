"""The session's cookie: read before every page, sent when a session begins or is renewed."""

from contextlib import suppress
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.readiness import AWAY
from web.sessions import Session, Sessions, sign, signed_id
from web.watched import PATHS

STATIC, API = "/static/", "/api/"


class SessionCookie:
    """ASGI middleware that puts the session into the scope and its name into a cookie."""

    def __init__(self, app: ASGIApp, sessions: Sessions, secret: bytes, *, secure: bool) -> None:
        self._app = app
        self._secret = secret
        self._sessions = sessions
        self._secure = secure
        # The prefix makes browsers refuse the cookie from anybody but this very host; it needs https.
        self._name = "__Host-bevaka_session" if secure else "bevaka_session"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find or begin the session of a request."""
        if scope["type"] != "http" or scope["path"].startswith((STATIC, API)) or scope["path"] in PATHS:
            await self._app(scope, receive, send)
            return
        named = self._named(Headers(scope=scope))
        scope["bevaka.session"] = await self._session(named)

        async def send_with_cookie(message: Message) -> None:
            session: Session = scope["bevaka.session"]
            if message["type"] == "http.response.start":
                await self._keep(session)
                if session.id != named:
                    MutableHeaders(scope=message).append("Set-Cookie", self._cookie(session))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    async def _session(self, named: str | None) -> Session:
        try:
            found = await run_in_threadpool(self._sessions.find, named) if named else None
        except AWAY:
            # Not the place for a page; whoever asks who has signed in tells it.
            return replace(self._sessions.begin(named), unknown=True)
        return found or self._sessions.begin(named)

    async def _keep(self, session: Session) -> None:
        if session.opened is not None:
            with suppress(*AWAY):  # the page itself is answered
                await run_in_threadpool(self._sessions.keep, session)

    def _named(self, headers: Headers) -> str | None:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        return signed_id(self._secret, cookies[self._name].value) if self._name in cookies else None

    def _cookie(self, session: Session) -> str:
        secure = "; Secure" if self._secure else ""
        return f"{self._name}={sign(self._secret, session.id)}; Path=/; HttpOnly; SameSite=Lax{secure}"
