"""One line of JSON per event on standard error; names of things, never what they hold."""

from __future__ import annotations

import logging
import sys

import structlog


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
            structlog.processors.dict_tracebacks,
            _without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(
        level=logging.WARNING,
        stream=sys.stderr,
        format='{"logger": "%(name)s", "event": "%(message)s"}',
    )


def _without_values(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cut exceptions down to their types and places: messages and locals may hold claims."""
    if isinstance(entry.get("exception"), list):
        entry["exception"] = [
            {
                "type": part.get("exc_type"),
                "at": [
                    f"{frame['filename'].rsplit('/', 1)[-1]}:{frame['lineno']}"
                    for frame in part.get("frames", [])[-6:]
                ],
            }
            for part in entry["exception"]
        ]
    return entry
