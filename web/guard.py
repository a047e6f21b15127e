"""The outermost layer: known hosts only, no large bodies, and the headers that every answer carries."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
LARGEST_FILE = 5 * 1024 * 1024  # of decisions, to be imported
API, FILES = "/api/", "/api/v1/imports"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:"
)
# A caught mail is somebody else's HTML: nothing runs, nothing is fetched, only our own page may frame it.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, public_url: str, hosts: frozenset[str] = frozenset()) -> None:
        self._app = app
        parts = urlsplit(public_url)
        self._hosts = LOOPBACK | {parts.hostname or ""} | hosts
        self._secure = parts.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        largest = LARGEST_FILE if scope["path"].startswith(FILES) else LARGEST_BODY
        refusal: Response | None = self._refusal(headers, largest)
        if refusal is not None and scope["path"].startswith(API):
            refusal = _as_problem(refusal)
        await (refusal or self._app)(scope, receive, self._with_headers(send))

    def _refusal(self, headers: Headers, largest: int) -> PlainTextResponse | None:
        if host_name(headers.get("host", "")) not in self._hosts:
            # Another name for this address is how a foreign page would reach it (DNS rebinding).
            return PlainTextResponse("Unknown host.\n", 421)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > largest:
            return PlainTextResponse("The form is too large.\n", 413)
        if "transfer-encoding" in headers:
            return PlainTextResponse("A form needs a length.\n", 411)
        return None

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        return send_with_headers


def _as_problem(refusal: Response) -> JSONResponse:
    """Return a refusal as programs read one (RFC 9457); no type but the status is told before anything is known."""
    detail = bytes(refusal.body).decode().strip()
    body = {"type": "about:blank", "title": detail, "status": refusal.status_code, "detail": detail}
    return JSONResponse(body, refusal.status_code, media_type="application/problem+json")


def host_name(host: str) -> str:
    """Return the name in a Host header, without its port; "" when it is no host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
