"""No secret is ever logged."""

import asyncio
import logging
import sys

from bot.logs import Redacting, is_failure, redact

TOKEN = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def test_a_token_is_taken_out_wherever_it_stands() -> None:
    event = redact(None, "info", {"event": f"POST /bot{TOKEN}/getMe", "exception": f"x {TOKEN} y", "n": 3})
    assert TOKEN not in str(event)
    assert event["n"] == 3


def test_a_token_of_metas_is_taken_out_too() -> None:
    token = "EAAGm0PX4ZCpsBO" + "x7Zq-_" * 30
    event = redact(None, "info", {"event": f"Bearer {token}", "exception": f"token='{token}'"})
    assert token not in str(event)
    assert event["event"] == "Bearer <token>"


def test_nor_do_libraries_log_it() -> None:
    record = logging.LogRecord("httpx", logging.ERROR, "", 1, "GET /bot%s/getMe", (TOKEN,), None)
    assert TOKEN not in Redacting("%(message)s").format(record)


def _raised(error: BaseException) -> logging.LogRecord:
    try:
        raise error
    except BaseException:
        return logging.LogRecord("apscheduler", logging.ERROR, "", 1, "a job raised", (), sys.exc_info())


def test_a_traceback_of_a_library_stays_in_its_line() -> None:
    line = Redacting("%(levelname)s %(message)s").format(_raised(ValueError("no\ngood")))
    assert line.startswith("ERROR a job raised\\nTraceback")
    assert "\n" not in line


def test_a_job_that_is_stopped_with_the_program_has_not_failed() -> None:
    assert is_failure(_raised(ValueError()))
    assert not is_failure(_raised(asyncio.CancelledError()))
