"""Redis as the broker, listened to in a way that survives a call nobody can read.

Kombu's own transport ends the worker, with status 0, when an entry of its queue is not one of its own (trial T8).
A call only wakes: it is thrown away, and the next tick comes.
"""

from queue import Empty
from typing import Any

import structlog
from kombu.transport import redis

log = structlog.get_logger(__name__)


class Channel(redis.Channel):
    """A channel that throws away what it cannot read."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # the stubs leave it out
        except (ValueError, LookupError, TypeError) as error:  # of its text and its parts; the connection has others
            log.warning("call_unreadable", error=type(error).__name__)
            raise Empty from None


class Transport(redis.Transport):
    """Kombu's transport with such channels."""

    Channel = Channel
