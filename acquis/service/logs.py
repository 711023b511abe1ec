"""One line of JSON per event on standard error; names of things, never what they hold."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final, override

import structlog

_MOST_FRAMES: Final = 6  # from where it was called, and as many to where it was raised
_MOST_CAUSES: Final = 8
_MOST_TEXT: Final = 500


def set_up_logs(level: str, service: str) -> None:
    """Send the logs of this process to standard error as JSON lines."""
    numeric = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            _without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    others = logging.StreamHandler(sys.stderr)
    others.setFormatter(LineFormatter(service))
    logging.basicConfig(level=logging.WARNING, handlers=[others])


class LineFormatter(logging.Formatter):
    """Writes what libraries log (uvicorn, asyncio, taskiq …) as one JSON line, without values.

    An exception is its type and its places. Its text is taken out of the message too; of a message
    that comes with one, only what stands before the first value or line end is kept.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line: dict[str, Any] = {
            "service": self._service,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "event": _message_of(record),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["exception"] = describe_exception(error)
        return json.dumps(line)


def describe_exception(error: BaseException) -> list[dict[str, Any]]:
    """Return an exception and what led to it, outermost first: types and places, no messages."""
    described: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(described) < _MOST_CAUSES:
        seen.add(id(current))
        frames = traceback.StackSummary.extract(
            traceback.walk_tb(current.__traceback__), lookup_lines=False
        )
        places = [f"{PurePath(each.filename).name}:{each.lineno}" for each in frames]
        if len(places) > 2 * _MOST_FRAMES:
            places[_MOST_FRAMES:-_MOST_FRAMES] = ["…"]
        described.append({"type": type(current).__name__, "at": places})
        if isinstance(current, BaseExceptionGroup):
            described[-1]["of"] = [type(each).__name__ for each in current.exceptions][
                :_MOST_CAUSES
            ]
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return described


def _message_of(record: logging.LogRecord) -> str:
    """Return a record's message on one line; with an exception, its words before any value."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        given = record.args if isinstance(record.args, tuple) else (record.args,)
        if not any(isinstance(each, BaseException) for each in given):
            try:
                return " ".join(record.getMessage().split())[:_MOST_TEXT]
            except (TypeError, ValueError):  # a library's mistake in its own call
                return str(record.msg)[:_MOST_TEXT]
    words = type(record.msg).__name__ if isinstance(record.msg, BaseException) else str(record.msg)
    for said in (str(error), repr(error)):
        if error is not None and said:
            words = words.replace(said, type(error).__name__)
    first = words.partition("\n")[0]
    return first[:_MOST_TEXT]


def _without_values(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cut exceptions down to their types and places: messages and locals may hold claims."""
    given = entry.pop("exc_info", None)
    if isinstance(given, tuple):
        given = given[1]
    elif given is True:
        given = sys.exception()
    if isinstance(given, BaseException):
        entry["exception"] = describe_exception(given)
    return entry
