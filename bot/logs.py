"""Structured logs, with secrets kept out."""

import asyncio
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

#: A bot token, wherever it stands (httpx puts it into the URLs it logs), or an access token of Meta's.
TOKEN: Final = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}|EAA[A-Za-z0-9_-]{20,}")
HIDDEN: Final = "<token>"


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take tokens out of every value, the trace included."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = TOKEN.sub(HIDDEN, value)
    return event


class Redacting(logging.Formatter):
    """The same for what libraries log: one line, its traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub(HIDDEN, super().format(record)).replace("\n", "\\n")


def is_failure(record: logging.LogRecord) -> bool:
    """What stops because we stop is none, whatever the library calls it (APScheduler: a job that raised)."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def configure(level: str) -> None:
    """One line an event on standard error; libraries only from warnings on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(is_failure)
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for noisy in ("httpx", "httpcore", "telegram", "apscheduler", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
