"""No secret, no text and no number of anybody's is ever logged, whatever is given to the log."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import httpx
import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from telegram.error import BadRequest

from bot.cli import EXIT_FAULT, _until_done
from bot.log_scrub import Scrubber
from bot.logs import Form, Redacting, configure, is_failure
from bot.settings import Settings

TOKEN: Final = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
META: Final = "EAAGm0PX4ZCpsBO" + "x7Zq-_" * 30
APP_SECRET: Final = "0123456789abcdef0123456789abcdef"
WORKER_TOKEN: Final = "a worker's own word"
NUMBER: Final = "+90 532 111 22 33"
DIGITS: Final = "905321112233"
WORDS: Final = "Rosa, your cake is ready"
PRIVATE: Final = (TOKEN, META, APP_SECRET, WORKER_TOKEN, NUMBER, DIGITS, WORDS, "Rosa", "hunter22", "cake")


LIBRARIES = ("httpx", "telegram", "apscheduler", "uvicorn", "uvicorn.error", "asyncio", "psycopg.pool")


@contextmanager
def written(form: Form = "text", level: str = "debug") -> Iterator[Callable[[], str]]:
    """What stands on standard error, with the log configured as a process does it."""
    root, sink = logging.getLogger(), io.StringIO()
    before, kept = list(root.handlers), structlog.get_config()
    for handler in before:
        root.removeHandler(handler)
    # As a fresh process has them, whoever served something in this one before.
    libraries = [logging.getLogger(name) for name in LIBRARIES]
    were = [(one.level, one.propagate, one.handlers) for one in libraries]
    for one in libraries:
        one.setLevel(logging.NOTSET)
        one.propagate, one.handlers = True, []
    try:
        with patch.object(sys, "stderr", sink):
            configure(level, form, secrets=[WORKER_TOKEN])
            yield sink.getvalue
    finally:
        for handler in list(root.handlers):
            root.removeHandler(handler)
        for handler in before:
            root.addHandler(handler)
        for one, (level_was, passed_on, handlers) in zip(libraries, were, strict=True):
            one.setLevel(level_was)
            one.propagate, one.handlers = passed_on, handlers
        structlog.configure(**kept)


def harmless(said: str) -> None:
    assert said
    assert [one for one in PRIVATE if one in said] == []


class Someone(BaseModel):
    age: int


def a_database_error() -> Exception:
    """With its parameters, as an engine shows them that was not told to hide them."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE people (number TEXT UNIQUE, said TEXT)"))
        row = {"n": DIGITS, "t": WORDS}
        connection.execute(text("INSERT INTO people VALUES (:n, :t)"), row)
        try:
            connection.execute(text("INSERT INTO people VALUES (:n, :t)"), row)
        except IntegrityError as error:
            assert DIGITS in str(error) and WORDS in str(error)
            return error
    raise AssertionError


class UniqueViolation(Exception):
    """As psycopg's: the row stands in the message itself."""

    sqlstate = "23505"


def of_postgres() -> Exception:
    orig = UniqueViolation(f"duplicate key\nDETAIL:  Key (number)=({DIGITS}) already exists: {WORDS}")
    return DBAPIError("INSERT INTO people VALUES (%s)", [DIGITS, WORDS], orig)


def of_httpx() -> Exception:
    request = httpx.Request("POST", f"https://api.telegram.org/bot{TOKEN}/sendMessage?text={WORDS}")
    return httpx.HTTPStatusError(
        f"Client error '401' for url '{request.url}'", request=request, response=httpx.Response(401)
    )


def of_pydantic() -> Exception:
    try:
        Someone.model_validate({"age": WORDS})
    except ValidationError as error:
        assert WORDS in str(error)
        return error
    raise AssertionError


def a_chain() -> Exception:
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as first:
            raise RuntimeError(f"{TOKEN} {WORDS}") from first
    except RuntimeError as error:
        error.add_note(f"note: {NUMBER} {WORDS}")
        return error


HOSTILE: Final[dict[str, Callable[[], BaseException]]] = {
    "a text in its arguments": lambda: ValueError(WORDS, {"token": TOKEN}),
    "a type's": lambda: TypeError(f"{WORDS} is no number"),
    "no such key": lambda: KeyError(WORDS),
    "no such name": lambda: AttributeError(f"{WORDS}", name="send", obj=object()),
    "a file called by a person": lambda: FileNotFoundError(2, "No such file", f"/data/{WORDS} {DIGITS}.xlsx"),
    "httpx, with the token in the address": of_httpx,
    "a connection, with its password": lambda: httpx.ConnectError("postgresql://desk:hunter22@db/desk"),
    "SQLite's, with the parameters": a_database_error,
    "PostgreSQL's, with the row": of_postgres,
    "pydantic's, with what was given": of_pydantic,
    "JSON's": lambda: json.JSONDecodeError(f"no JSON: {WORDS}", WORDS, 0),
    "Telegram's, which quotes": lambda: BadRequest(f'Can\'t parse entities: unsupported "{WORDS}"'),
    "one that led to another": a_chain,
    "several at once": lambda: ExceptionGroup(WORDS, [ValueError(TOKEN), a_chain()]),
    "an access token in our own": lambda: httpx.ReadError(f"Authorization: Bearer {META} app={APP_SECRET}"),
}


def thrown(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as raised:
        return raised


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("why", HOSTILE)
def test_an_exception_says_what_and_where_and_nothing_private(why: str, form: Form) -> None:
    error = thrown(HOSTILE[why]())
    with written(form) as said:
        structlog.get_logger("bot").error("update failed", reference="12345678", exc_info=error)
        logging.getLogger("apscheduler").error('Job "%s" raised an exception', WORDS, exc_info=error)
        logging.getLogger("whatsapp.cloud").error(
            "a message failed (%s)", type(error).__name__, exc_info=error
        )
        lines = said()
    harmless(lines)
    assert lines.count("test_logs.py:") >= 3 and " in thrown" in lines
    assert lines.count(type(error).__qualname__) >= 3
    assert "12345678" in lines
    assert len(lines.splitlines()) == 3


@pytest.mark.parametrize("form", ["text", "json"])
def test_fields_are_said_only_under_names_that_hold_nothing_of_anybody(form: Form) -> None:
    with written(form) as said:
        log = structlog.get_logger("bot")
        log.info("reply", text=WORDS, body={"text": [WORDS, {"to": NUMBER}]}, name="Rosa", phone=int(DIGITS))
        log.info("deep", error={"why": WORDS}, why=[WORDS], kind=object(), of=(WORDS,), amount=float(DIGITS))
        log.info("made up", reference=f"+{DIGITS}", id=DIGITS, task=f"account {DIGITS}")
        log.info("in known ones", error=f"no such user '{WORDS}'", why=f"https://x.example/a?text={WORDS}")
        log.info("secrets", line=f"X-Token: {WORKER_TOKEN}", npm=f"password=hunter22 {META}", remote=DIGITS)
        log.info("known", seq=7, account=12, chat=-1001234567890, code="import.trouble", tries=3, wait=1.5)
        lines = said()
    harmless(lines)
    last = lines.splitlines()[-1]
    for kept in ("-1001234567890", "import.trouble", "12", "1.5"):
        assert kept in last


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_libraries_are_given_to_say_is_not_repeated(form: Form) -> None:
    with written(form) as said:
        logging.getLogger("httpx").error("GET /bot%s/getMe", TOKEN)
        logging.getLogger("telegram").error("no handler for %s", {"text": WORDS, "from": DIGITS})
        logging.getLogger("asyncio").error(
            f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{WORDS}')>"
        )
        logging.getLogger("psycopg.pool").warning(f"cannot connect to postgresql://desk:hunter22@db/{DIGITS}")
        logging.getLogger("uvicorn.error").warning(f"Invalid value '{WORDS}' from {NUMBER}")
        lines = said()
    harmless(lines)
    assert "Task exception was never retrieved" in lines
    assert len(lines.splitlines()) == 5


async def test_a_task_that_is_forgotten_tells_where_it_failed_and_not_what_it_held() -> None:
    async def fails() -> None:
        raise ValueError(WORDS)

    with written() as said:
        loop = asyncio.get_running_loop()
        task = loop.create_task(fails())
        await asyncio.wait({task})
        context = {"message": "Task exception was never retrieved", "future": task}
        loop.default_exception_handler({**context, "exception": task.exception()})
        lines = said()
    harmless(lines)
    assert "in fails" in lines


def test_a_fault_that_ends_the_program_is_told_like_any_other() -> None:
    async def fails() -> int:
        raise ValueError(WORDS)

    turn = sys.getswitchinterval()
    try:
        with written() as said:
            assert _until_done(fails()) == EXIT_FAULT
            lines = said()
    finally:
        sys.setswitchinterval(turn)
    harmless(lines)
    assert "ended by a fault of ours" in lines and "in fails" in lines


def test_a_line_of_json_is_one_object_and_numbers_stay_numbers() -> None:
    with written("json") as said:
        structlog.get_logger("bot").warning("panel not shown", chat=1001, error="TimedOut")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
        ours, theirs = map(json.loads, said().splitlines())
    assert (ours["event"], ours["level"], ours["chat"], ours["error"]) == (
        "panel not shown", "warning", 1001, "TimedOut",
    )  # fmt: skip
    assert ours["timestamp"] and theirs["timestamp"]
    assert (theirs["logger"], theirs["event"]) == ("uvicorn.error", "Invalid HTTP request received.")


def test_what_the_database_refused_is_named() -> None:
    with written() as said:
        structlog.get_logger("bot").error("update failed", exc_info=thrown(of_postgres()))
        structlog.get_logger("bot").error("update failed", exc_info=thrown(a_database_error()))
        structlog.get_logger("bot").error(
            "update failed", exc_info=thrown(OSError(28, "No space left on device"))
        )
        lines = said()
    assert "UniqueViolation 23505" in lines
    assert "SQLITE_CONSTRAINT_UNIQUE" in lines
    assert "[Errno 28] No space left on device" in lines


def test_secrets_of_the_settings_are_known_word_by_word() -> None:
    settings = Settings.model_validate(
        {
            "whatsapp_verify_token": "our own word", "whatsapp_worker_token": "another word",
            "database_url": "postgresql+psycopg://desk:hunter22@db/desk", "telegram_bot_token": TOKEN,
        }
    )  # fmt: skip
    scrub = Scrubber(settings.secrets)
    told = scrub.text(f"our own word, another word, hunter22, {TOKEN}")
    assert told == "<secret>, <secret>, <secret>, <secret>"


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-27T00:18:30.123456Z", "127.0.0.1:8780", "d1-12-1", "12 of 10000000 rows", "status 503",
        "main/d1-w7-0",
    ],
)  # fmt: skip
def test_what_is_nobodys_number_stays(said: str) -> None:
    assert Scrubber().text(said) == said


def _record(error: BaseException) -> logging.LogRecord:
    raised: Any = thrown(error)
    return logging.LogRecord(
        "apscheduler", logging.ERROR, "", 1, "a job raised", (), (type(raised), raised, raised.__traceback__)
    )


def test_a_traceback_of_a_library_stays_in_its_line() -> None:
    line = Redacting().format(_record(ValueError("no\ngood")))
    assert "ERROR apscheduler a job raised\\nTraceback" in line
    assert "\n" not in line


def test_a_job_that_is_stopped_with_the_program_has_not_failed() -> None:
    assert is_failure(_record(ValueError()))
    assert not is_failure(_record(asyncio.CancelledError()))
