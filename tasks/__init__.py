"""Wakes the engine: the Celery app with its queues, the clock that ticks, and the worker that runs in the process."""
