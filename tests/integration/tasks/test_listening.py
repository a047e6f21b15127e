"""A call that nobody can read is thrown away; the next one is heard."""

from typing import Any

import pytest
import redis
from kombu import Connection, Consumer, Queue

QUEUE = "post"
UNREADABLE = ["{this is no JSON", b"\xff\xfe", "{}", "[]", "null", '{"body": 1, "properties": {}}']


@pytest.mark.parametrize("call", UNREADABLE)
def test_an_unreadable_call_does_not_silence_the_ones_behind_it(redis_url: str, call: str | bytes) -> None:
    heard: list[Any] = []
    with redis.Redis.from_url(redis_url) as client:
        client.lpush(QUEUE, call)
    with Connection(redis_url, transport="tasks.listening:Transport") as connection:
        connection.SimpleQueue(QUEUE).put({"tick": 1})
        with Consumer(connection, [Queue(QUEUE)], callbacks=[lambda body, _message: heard.append(body)], no_ack=True):
            connection.drain_events(timeout=10)
    assert heard == [{"tick": 1}]
