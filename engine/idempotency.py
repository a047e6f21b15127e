"""A request that is sent again gets the answer it got, and nothing happens twice (draft-ietf-httpapi-idempotency-key).

The answer is kept in the transaction of what it tells about: either both are there or neither. So a process that is
killed anywhere leaves nothing half done; whoever sends the request again finds the answer, or lets it happen now for
the first time. A refusal has changed nothing and is not kept: the same request is simply looked at anew.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection

from engine.parts import Engine
from storage import kept_answers
from storage.joined import JoinedDatabase
from workflows.errors import BevakaError

KEPT = timedelta(hours=24)


class KeyReusedError(BevakaError):
    """The key was used for another request before. It is not quoted."""

    def __init__(self) -> None:
        super().__init__("the idempotency key was used for another request")


class KeyInUseError(BevakaError):
    """A request with this key is being answered at this moment."""

    def __init__(self) -> None:
        super().__init__("a request with this idempotency key is under way")


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that may come again.

    Attributes:
        token_id: whose key it is.
        key: chosen by the sender.
        content: all that makes it the same request: method, address and body.
    """

    token_id: int
    key: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it is kept; `replayed` when it was given before."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)
    replayed: bool = False


_under_way: set[tuple[int, str]] = set()
_lock = Lock()


def answer_once(
    engine: Engine, request: KeyedRequest, act: Callable[[Engine], KeptAnswer], now: datetime
) -> KeptAnswer:
    """Let something happen and keep the answer; or give the answer that was kept, and let nothing happen.

    Args:
        engine: the parts.
        request: what is asked.
        act: lets it happen with the engine it is given, all of it within one transaction.
        now: the instant, UTC.

    Raises:
        KeyReusedError, KeyInUseError: the key is another request's, or its request is under way.
        Whatever `act` raises: then nothing has happened and nothing is kept.
    """
    nudged: list[bool] = []
    with _alone(request), engine.database.write() as connection:
        if not kept_answers.hold_key(connection, request.token_id, request.key):
            raise KeyInUseError
        known = _known(engine, connection, request, now)
        if known is not None:
            return known
        joined = JoinedDatabase(engine.database, connection)
        answer = act(replace(engine, database=joined, nudge=lambda: nudged.append(True)))
        _keep(engine, connection, request, answer, now)
    if nudged:
        engine.nudge()
    return answer


def forget_answers(engine: Engine, now: datetime) -> int:
    """Sweep away answers that are too old to be asked for again; return how many."""
    with engine.database.write() as connection:
        return kept_answers.forget_answers(connection, now - KEPT)


@contextmanager
def _alone(request: KeyedRequest) -> Iterator[None]:
    """Refuse whoever comes with the same key meanwhile. For this process; between processes the database decides."""
    key = (request.token_id, request.key)
    with _lock:
        if key in _under_way:
            raise KeyInUseError
        _under_way.add(key)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(key)


def _known(engine: Engine, connection: Connection, request: KeyedRequest, now: datetime) -> KeptAnswer | None:
    row = kept_answers.find_answer(connection, request.token_id, request.key, now - KEPT)
    if row is None:
        return None
    if row.fingerprint != _fingerprint(engine, request):
        raise KeyReusedError
    status, headers, body = json.loads(engine.secrets.open(_row(request), row.sealed))
    return KeptAnswer(status, headers, body, replayed=True)


def _keep(engine: Engine, connection: Connection, request: KeyedRequest, answer: KeptAnswer, now: datetime) -> None:
    sealed = engine.secrets.seal(_row(request), json.dumps([answer.status, dict(answer.headers), answer.body]))
    fingerprint = _fingerprint(engine, request)
    row = {"token_id": request.token_id, "key": request.key, "fingerprint": fingerprint, "sealed": sealed, "at": now}
    kept_answers.insert_answer(connection, **row)


def _row(request: KeyedRequest) -> str:
    return f"kept_answer|{request.token_id}|{request.key}"


def _fingerprint(engine: Engine, request: KeyedRequest) -> str:
    return engine.secrets.fingerprint("request", request.content)
