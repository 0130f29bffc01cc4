"""What the worker says outside its own log is cut short, and holds nobody's number or secret."""

import asyncio

import pytest

from bot.worker_log import SHOWN, forward_log, harmless

TOKEN = "pZ0bqk3VwYQnW9x5o1T_vKtu7GJ8yPSc-dRhLmE2aBf"


async def test_a_line_that_is_not_of_its_log_is_marked_and_made_harmless(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = f"Error: {TOKEN} for +905321234567 at main.js:12\\n" + '{"level":30,"msg":"ready"}\\n'
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", f"printf '{said}' >&2", stderr=asyncio.subprocess.PIPE
    )
    await forward_log(process)
    await process.wait()
    shown = capsys.readouterr().out
    assert "outside its log" in shown and "*** for *** at main.js:12" in shown
    assert TOKEN not in shown and "5321234567" not in shown
    assert "worker: ready" in shown


@pytest.mark.parametrize(
    "line", [b"x y " * 500_000, b"\x1b[31m" + b"\xff" * 100, b"\xf0\x9f" + b"1 2 " * 400]
)
def test_no_line_is_long_and_none_moves_the_cursor(line: bytes) -> None:
    assert len(harmless(line)) <= SHOWN
    assert harmless(line).isprintable()


@pytest.mark.parametrize(
    "line", ["at Module._compile (node:internal/modules/cjs/loader:1554:14)", "npm error code ENOTFOUND"]
)
def test_what_helps_to_find_a_fault_stays(line: str) -> None:
    assert harmless(line.encode()) == line
