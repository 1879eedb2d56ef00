"""Structured logs, JSON to standard error, that cannot carry demographics (promise 8, SEC-8).

Only the keys of ALLOWED pass, and their values must look like codes, names of things or numbers. An exception is told
by its type and the lines it came through, never by its message: a driver's message repeats the row it failed on.
Other libraries' records pass as their template without its arguments, unless the logger is known to name no patient.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
import warnings
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

ALLOWED = frozenset(
    {
        *("event", "level", "timestamp", "logger", "error", "stack"),
        *("request_id", "message_id", "control_id", "worker", "pid", "version"),
        *("feed", "application", "facility", "organisation", "authority", "archive", "protocol", "trigger"),
        *("user", "role", "right", "status", "ack", "fault", "location", "method", "route", "http_status"),
        *("golden_id", "record_id", "task_id", "task_kind", "outbox_id", "study_count"),
        *("subscription", "subscriber", "consumer"),
        *(
            "count",
            "size",
            "seconds",
            "attempt",
            "lag_seconds",
            "model",
            "network",
            "database",
            "host",
            "port",
            "path",
        ),
        *("setting", "certificate", "dropped"),
    }
)
"""Keys a log line may carry; golden_id, record_id and task_id are the index's own opaque numbers, not identifiers."""

_PLAIN_LOGGERS = frozenset({"uvicorn.error", "alembic.runtime.migration"})
_QUIET_LOGGERS = ("uvicorn.access", "sqlalchemy.engine", "httpx", "httpcore")  # they repeat URLs and parameters
_SILENT_LOGGERS = ("pydicom", "pynetdicom")  # they write values and names into their very templates
_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")  # anything of the shape of an NHS number
_LONGEST = 200

Event = MutableMapping[str, Any]


def configure_logs(level: str = "info", stream: TextIO | None = None) -> None:
    """Send this process's logs, and those of its libraries, to `stream` (standard error) as JSON lines."""
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        keep_allowed,
    ]
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[without_arguments, *chain],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.filterwarnings("ignore", module=name)


def bind(**ids: str | int) -> AbstractContextManager[None]:
    """Within the context every line of this thread carries `ids`: request_id, message_id, feed ..."""
    return structlog.contextvars.bound_contextvars(**ids)


def keep_allowed(logger: Any, method: str, event: Event) -> Event:
    """Drop every key that ALLOWED does not name, and say how many were dropped."""
    kept = {key: _plain(value) for key, value in event.items() if key in ALLOWED or key.startswith("_")}
    if dropped := len(event) - len(kept):
        kept["dropped"] = dropped
    return kept


def tell_exception(logger: Any, method: str, event: Event) -> Event:
    """Replace `exc_info` by the exception's type and where it passed; its message may hold demographics."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if error is not None:
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        event["stack"] = [f"{frame.name}:{frame.lineno}" for frame in frames]
    return event


def without_arguments(logger: Any, method: str, event: Event) -> Event:
    """For a record of another library: its template instead of its text, and its logger's name."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    if record.name not in _PLAIN_LOGGERS:
        event["event"] = str(record.msg)
    if record.exc_info:
        event["exc_info"] = record.exc_info
        record.exc_info = record.exc_text = None
    return event


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _NUMBER.sub("[number]", value)[:_LONGEST]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return (
        value if isinstance(value, bool | int | float | logging.LogRecord) or value is None else type(value).__name__
    )
