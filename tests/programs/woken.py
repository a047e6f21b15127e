"""Being woken by a real call through Celery, as a worker of the scaled-out run or the thread of the embedded one."""

import os
import signal
import time
from collections.abc import Sequence
from threading import Thread
from typing import Any

import redis
from celery.worker import WorkController

from bevaka.wiring import build_engine
from config.settings import read_settings
from engine.parts import Engine
from notifications.channels.clock import utc_now
from tasks.app import DELIVER, app, use_memory, use_redis
from tasks.nudging import call
from tasks.provided import provide

PATIENCE = 60  # seconds until the broker must be empty


def redeliver(_refs: Sequence[str]) -> None:
    """Do whatever the broker still has, calls that nobody acknowledged included; without dying."""
    signal.alarm(PATIENCE)
    settings = read_settings()
    use_redis(settings.redis_url)
    app.conf.broker_transport_options |= {
        "visibility_timeout": 1, "unacked_restore_interval": 1, "unacked_restore_throttle": 1,
    }  # fmt: skip
    provide(build_engine(settings), utc_now)
    Thread(target=_leave_when_empty, args=(settings.redis_url,), daemon=True).start()
    _worker().start()


def _leave_when_empty(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        while client.hlen("bevaka:unacked") + client.llen("bevaka:post"):
            time.sleep(0.1)
    os._exit(0)


def work(engine: Engine) -> None:
    """Be woken by a real call, as a worker of the scaled-out run or as the thread of the embedded one."""
    url = read_settings().redis_url
    use_redis(url) if url else use_memory()
    provide(engine, utc_now)
    call(DELIVER)
    _worker().start()


def _worker() -> Any:
    app.loader.import_default_modules()
    return WorkController(
        app=app, pool_cls="solo", concurrency=1, queues=["post"], without_gossip=True, without_mingle=True,
        without_heartbeat=True,
    )  # fmt: skip
