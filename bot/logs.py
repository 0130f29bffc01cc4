"""Structured logs; secrets, texts and numbers of people are kept out (bot/log_scrub.py, log_traces.py)."""

import asyncio
import logging
import sys
from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
import structlog

from bot.log_scrub import Scrubber
from bot.log_traces import trace

Form = Literal["text", "json"]
_OUR_LOGGERS = ("bot", "domain", "storage", "whatsapp")


class Scrub:
    """The last processor before a line is written: nothing gets past it."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        error = _raised(event.pop("exc_info", None))
        # What some processor before may have made of it holds what it says.
        event.pop("exception", None)
        event.pop("stack", None)
        if error is not None:
            event["exception"] = trace(error, self._scrubber)
        return self._scrubber.fields(event)


def _raised(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple) and len(given) == 3 and isinstance(given[1], BaseException):
        return given[1]
    return sys.exc_info()[1] if given else None


class Redacting(logging.Formatter):
    """The same for what goes through `logging`: one line, its traceback included."""

    def __init__(self, scrubber: Scrubber | None = None, form: Form = "text") -> None:
        super().__init__()
        self._scrubber, self._form = scrubber or Scrubber(), form

    def format(self, record: logging.LogRecord) -> str:
        error = _raised(record.exc_info)
        fields = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._said(record),
            **({} if error is None else {"exception": trace(error, self._scrubber)}),
        }
        if self._form == "json":
            return orjson.dumps(fields).decode()
        told = "\n".join(fields[key] for key in ("event", "exception") if key in fields)
        told = told.replace("\r", "\\r").replace("\n", "\\n")
        return f"{fields['timestamp']} {record.levelname} {record.name} {told}"

    def _said(self, record: logging.LogRecord) -> str:
        """What we say ourselves is said in codes; what a library is given to say may be anything."""
        if record.name.partition(".")[0] in _OUR_LOGGERS:
            return self._scrubber.text(record.getMessage())
        if record.args:
            return self._scrubber.foreign(str(record.msg))
        return self._scrubber.foreign(record.getMessage())


def is_failure(record: logging.LogRecord) -> bool:
    """What stops because we stop is none, whatever the library calls it (APScheduler: a job that raised)."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def configure(level: str, form: Form = "text", *, secrets: Iterable[str] = ()) -> None:
    """One line an event on standard error; libraries only from warnings on. `secrets` are never in it."""
    scrubber = Scrubber(secrets)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            Scrub(scrubber),
            structlog.processors.JSONRenderer(_json)
            if form == "json"
            else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(is_failure)
    handler.setFormatter(Redacting(scrubber, form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for noisy in ("httpx", "httpcore", "telegram", "apscheduler", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _json(event: Any, **_: Any) -> str:
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return orjson.dumps({**first, **event}, default=str).decode()
