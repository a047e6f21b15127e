"""Wakes: the Celery app, its queues, and the clock that ticks. A door: ids in, one engine call, out."""
