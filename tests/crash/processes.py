"""Real processes of the product, started and killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

#: Kept, as it is wherever an operator installs the product: without it every start compiles 360 modules anew,
#: a third of its time. Some machines on which tests run are told to keep none.
BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One `python -m bot …` (or another module); its log goes to `log`."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], log: Path, *, module: str = "bot"
    ) -> None:
        self.command, self.environment, self.log, self.module = command, environment, log, module
        self._process: asyncio.subprocess.Process | None = None
        self._logged = 0

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._logged = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, *self.command, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, **BYTECODE, **self.environment},
            )  # fmt: skip

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def said(self) -> str:
        """Its log since it was started last."""
        return self.log.read_bytes()[self._logged :].decode(errors="replace")

    def tell(self, number: signal.Signals) -> None:
        if self.running and self._process is not None:
            with suppress(ProcessLookupError):  # it ended just now
                self._process.send_signal(number)

    def peak_mb(self) -> float:
        """Most memory the process has held so far, in MB."""
        return self._status("VmHWM")

    def memory_mb(self) -> float:
        """What it holds now, in MB."""
        return self._status("VmRSS")

    def ticks(self) -> tuple[int, int]:
        """Processor time so far, its own and the system's for it, in clock ticks."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])

    def _status(self, name: str) -> float:
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024

    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self.tell(number)
        return await self._process.wait()


def bot_environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    from bot.sandbox.state import DEMO_TOKEN

    return {
        "ENVIRONMENT": "development",
        "TELEGRAM_BOT_TOKEN": DEMO_TOKEN,
        "TELEGRAM_API_URL": url,
        "SIMULATED_URL": f"{url}/phones",
        "ADMIN_IDS": "1001,1002",
        "DATA_DIR": str(folder / "data"),
        **more,
    }


@asynccontextmanager
async def sandbox_process(folder: Path) -> AsyncIterator[str]:
    """The sandbox in its own process, with instant phones; yields its address."""
    port = free_port()
    command = ["sandbox", "--port", str(port), "--folder", str(folder / "sandbox"), "--instant"]
    process = Process(command, {}, folder / "sandbox.log")
    await process.start()
    url = f"http://127.0.0.1:{port}"
    try:
        await answers(f"{url}/_sandbox/health", process)
        yield url
    finally:
        await process.stop()


async def answers(url: str, process: Process, seconds: float = 30) -> None:
    """Until something answers there."""
    deadline = asyncio.get_running_loop().time() + seconds
    async with httpx.AsyncClient(trust_env=False) as client:
        while asyncio.get_running_loop().time() < deadline:
            assert process.running, f"ended by itself:\n{process.log.read_text()}"
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"{url} did not answer:\n{process.log.read_text()}")
