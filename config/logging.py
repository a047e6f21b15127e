"""What the log may say. An allow-list: a key that is not named here is dropped, a value that is no plain word too.

So nothing personal reaches a log, at whatever level: there is no key for it, no free text to hide in, and exceptions
are written as their type and place, never with their words. Other libraries' messages are written as their template
without the values, and only those of libraries whose templates are constants.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, date, datetime
from typing import Any, TextIO

import structlog

Event = MutableMapping[str, Any]

ALLOWED_KEYS = frozenset(
    {
        *("event", "level", "logger", "at", "error", "place", "dropped"),
        *("ref", "case_id", "deadline_id", "message_id", "unit_id", "outbox_id", "job_id", "task", "queue", "tick"),
        *("programme", "version", "kind", "channel", "state", "outcome", "reason", "code", "rung", "slot", "attempts"),
        *("action", "actor", "staff_id", "method", "route", "status", "ms", "seconds", "port", "pid", "now"),
        *("count", "rows", "opened", "deadlines", "queued", "collapsed", "suppressed", "sent", "failed", "postponed"),
    }
)
OWN_LOGGERS = ("bevaka", "web", "tasks", "demo", "reports", "engine", "storage", "notifications", "access", "intake")
CONSTANT_TEMPLATES = (*OWN_LOGGERS, "uvicorn.error", "celery", "kombu", "apscheduler", "alembic")
CHATTY = ("alembic", "apscheduler")  # tell at INFO what is interesting at DEBUG
OTHERS_MESSAGE = "message_withheld"

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/#-]{0,79}", re.ASCII)
# Ten or twelve digits, with or without separators: whatever it is, it stays out.
_NUMBER = re.compile(r"(?:\d[ .:/+-]?){10,}", re.ASCII)
_WITHHELD = "?"


def set_up_logging(level: str, stream: TextIO | None = None, *, as_json: bool | None = None) -> None:
    """Send every log of this process, ours and the libraries', through the allow-list to one stream.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        stream: standard error when not given.
        as_json: one JSON object a line; when not given, unless the stream is a terminal.
    """
    out = stream or sys.stderr
    plain = out.isatty() if as_json is None else not as_json
    writer: Any = structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer()
    ours = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, only_allowed]
    structlog.configure(
        processors=[*ours, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*ours],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, writer],
        )
    )
    handler.addFilter(without_values)
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in CHATTY if level == "INFO" else ():
        logging.getLogger(name).setLevel("WARNING")


def only_allowed(_logger: Any, _method: str, event: Event) -> Event:
    """Keep the allowed keys with plain values; say how many others were dropped (a structlog processor)."""
    failure = event.pop("exc_info", None)
    kept = {name: plain(value) for name, value in event.items() if name in ALLOWED_KEYS and name != "event"}
    internal = {name: value for name, value in event.items() if name.startswith("_")}
    dropped = len(event) - len(kept) - len(internal) - ("event" in event)
    # What `without_values` let through is a template, with spaces; an event of ours is one word.
    said = plain(event.get("event")) if "_from_structlog" not in event else _template(event.get("event"))
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "event": said,
        **kept,
        **failure_facts(failure),
        **({"dropped": dropped} if dropped else {}),
        **internal,
    }


def _template(said: object) -> str:
    return _WITHHELD if _NUMBER.search(str(said)) else str(said)


def plain(value: object) -> object:
    """Return a value as the log may have it: numbers, truth values, dates and plain words; `?` for all else."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**9 else _WITHHELD
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _WORD.fullmatch(value) and not _NUMBER.search(value):
        return value
    return _WITHHELD


def failure_facts(failure: object) -> Mapping[str, str]:
    """Return an exception as its type and the place it was raised; its words may quote anything."""
    error = sys.exc_info()[1] if failure is True else failure[1] if isinstance(failure, tuple) else failure
    if not isinstance(error, BaseException):
        return {}
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}" if frame else "?"
    return {"error": type(error).__name__, "place": place}


def without_values(record: logging.LogRecord) -> bool:
    """Leave the values out of a library's message (a logging filter; always lets the record through)."""
    if isinstance(record.msg, dict):  # ours, through structlog
        return True
    # `logger.exception` of a library: the type and place are kept, the words are not.
    facts = failure_facts(record.exc_info) if record.exc_info else {}
    constant = any(record.name == name or record.name.startswith(f"{name}.") for name in CONSTANT_TEMPLATES)
    said = str(record.msg) if constant else OTHERS_MESSAGE
    record.msg = " ".join([said.strip(), *facts.values()])
    # The template is data from here on: a percent sign in it must not ask for values.
    record.args = ()
    record.exc_info = record.exc_text = record.stack_info = None
    return True
