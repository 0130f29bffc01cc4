"""The lock of a SQLite database, across processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.lock import AlreadyRunning, take_lock
from tests.fakes.stores import sqlite_url

HOLD = """
import asyncio, sys
from storage.lock import take_lock
async def main():
    async with take_lock(sys.argv[1]):
        print("held", flush=True)
        sys.stdin.read()
asyncio.run(main())
"""


async def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "masssender.db")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONWARNINGS": ""},
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as refused:
            async with take_lock(url):
                raise AssertionError("held twice")
        assert f"process {other.pid} " in str(refused.value)
        other.kill()
        other.wait(10)
        async with take_lock(url):
            pass
