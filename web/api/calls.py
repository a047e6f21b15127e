"""One request by a program: who comes with which token, how much it may still ask, and how it is answered, once.

A token and nothing else: no cookie is read, so no other site can let a browser act here.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from access.actors import Actor
from access.rules import Action
from engine.api_allowance import Allowance
from engine.api_tokens import Bearer, bearer_of
from engine.idempotency import KeptAnswer, KeyedRequest, answer_once
from engine.parts import Engine
from web.api.problems import BadHeaderError, MediaTypeError, TooManyRequestsError
from web.languages import Language, language_of
from web.visits import place_of

PREFIX = "/api/v1"
SCHEME = "bearer "
JSON = "application/json"
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: a body of its contract, or none."""

    body: BaseModel | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token is good. `now` is the instant of the request, UTC."""

    request: Request
    engine: Engine
    bearer: Bearer
    now: datetime
    language: Language
    content: str = field(repr=False)  # a hash of all that makes it the same request

    def acting(self, action: Action) -> Actor:
        """Return who acts; raises `BeyondScopeError` where the token was not made for it."""
        return self.bearer.acting(action)

    def answer(self, body: BaseModel | None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Return an answer that changes nothing."""
        return _response(_kept(Answer(body, status, headers or {})), self.language)

    def once(self, act: Callable[[Engine], Answer]) -> Response:
        """Let something happen and answer it; with an Idempotency-Key only the first time it is sent.

        Args:
            act: lets it happen with the engine it is given and no other.

        Raises:
            KeyReusedError, KeyInUseError: it is another request's, or its request is under way.
        """
        key = self.request.headers.get(KEY_HEADER)
        if key is None:
            return _response(_kept(act(self.engine)), self.language)
        request = KeyedRequest(self.bearer.token_id, key, self.content)
        return _response(answer_once(self.engine, request, lambda engine: _kept(act(engine)), self.now), self.language)


class ApiRoute(APIRoute):
    """A route that looks at the token, the allowance and the kind of body before anything of the request is read."""

    takes: tuple[str, ...] = (JSON,)

    def get_route_handler(self) -> Handler:
        """Return the handler with those looks before it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            bearer = await run_in_threadpool(_admitted, request)
            if request.method in ("POST", "PUT", "PATCH"):
                _require_key(request)
                self._require_kind(request)
                request.state.content = _content(request, await request.body())
            request.state.bearer = bearer
            return await inner(request)

        return handle

    def _require_kind(self, request: Request) -> None:
        if request.headers.get("content-length", "0") == "0" and self.body_field is None:
            return
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in self.takes:
            raise MediaTypeError(self.takes)


def call_of(request: Request) -> Call:
    """Return the request as operations see it; `ApiRoute` has let it in."""
    place = place_of(request)
    language = language_of(None, request.headers.get("accept-language"))
    content = getattr(request.state, "content", "")
    return Call(request, place.engine, request.state.bearer, place.clock(), language, content)


CallDep = Annotated[Call, Depends(call_of)]


def _admitted(request: Request) -> Bearer:
    """Return who comes with the token.

    Raises:
        TokenRefusedError: it is missing or not good.
        TooManyRequestsError: it has asked as much as it may.
    """
    place = place_of(request)
    said = request.headers.get("authorization", "")
    token = said[len(SCHEME) :] if said[: len(SCHEME)].lower() == SCHEME else ""
    now = place.clock()
    bearer = bearer_of(place.engine, token, now)
    allowance: Allowance = request.app.state.allowance
    wait = allowance.take(bearer.token_id, now)
    if wait is not None:
        raise TooManyRequestsError(max(1, ceil(wait.total_seconds())))
    return bearer


def _require_key(request: Request) -> None:
    """Raise `BadHeaderError` for an Idempotency-Key that cannot be one."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise BadHeaderError(KEY_HEADER, "1 to 200 printable characters of ASCII, no blanks")


def _content(request: Request, body: bytes) -> str:
    """Return what makes a request the same one. If-Match is not part of it: a repeated one may have looked anew."""
    first = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(first + body).hexdigest()


def _kept(answer: Answer) -> KeptAnswer:
    body = answer.body.model_dump_json() if answer.body is not None else ""
    return KeptAnswer(answer.status, answer.headers, body)


def _response(answer: KeptAnswer, language: Language) -> Response:
    headers = {**answer.headers, "Content-Language": language, "Vary": "Accept-Language, Authorization"}
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, JSON if answer.body else None)
