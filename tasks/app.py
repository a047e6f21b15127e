"""The Celery app. Its messages only wake: they carry nothing, and losing every one of them loses no work.

The database is the truth (DESIGN §1). Settings are those that facts/stack.md §4 measured; no `eta`, no results.
"""

from typing import Any

from celery import Celery
from kombu import Queue

from tasks.quiet import QuietTask

SWEEP, DELIVER, DIGESTS, HOUSEKEEPING = "bevaka.sweep", "bevaka.deliver", "bevaka.digests", "bevaka.housekeeping"
AUDIT, WEBHOOKS = "bevaka.audit", "bevaka.webhooks"
QUEUES = {SWEEP: "time", DELIVER: "post", DIGESTS: "reports", HOUSEKEEPING: "time", AUDIT: "reports", WEBHOOKS: "post"}
TIME_LIMIT = 240  # seconds; below Redis' visibility timeout, or a running task would be handed out again

app = Celery(
    "bevaka",
    task_cls=QuietTask,
    include=[f"tasks.{name}" for name in ("sweeping", "delivering", "posting", "housekeeping", "auditing")],
)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    event_serializer="json",
    task_ignore_result=True,
    result_backend=None,
    task_queues=[Queue(name) for name in sorted(set(QUEUES.values()))],
    task_routes={task: {"queue": queue} for task, queue in QUEUES.items()},
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=TIME_LIMIT,
    task_soft_time_limit=TIME_LIMIT - 30,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.2},
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
)

_REDIS: dict[str, Any] = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": "bevaka:",
}


def use_redis(url: str) -> None:
    """Send wake-up calls through Redis, to workers in other processes."""
    app.conf.update(
        broker_url=url,
        broker_transport="tasks.listening:Transport",
        broker_transport_options=_REDIS,
        # A call is taken by whoever can begin with it: else a sweep would wait behind an audit of minutes, which is
        # acknowledged when it begins and so leaves room for another in its worker's hands.
        worker_disable_prefetch=True,
    )
    app.set_default()


def use_memory() -> None:
    """Send wake-up calls within this process (facts/stack.md §3)."""
    app.conf.update(
        broker_url="memory://",
        broker_transport=None,
        broker_transport_options={"polling_interval": 0.02},
        worker_prefetch_multiplier=16,
        worker_disable_prefetch=False,
        # Threads cannot be stopped from outside, so limits would promise what nobody keeps.
        task_time_limit=None,
        task_soft_time_limit=None,
    )
    # Without this a retry inside a pool thread goes to amqp://localhost, and is lost.
    app.set_default()
