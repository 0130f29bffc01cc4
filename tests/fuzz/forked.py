"""Reading processes that are forked and measured, for `ProcessSheetReader(start=nursery.start)`."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Self

_ROOT = Path(__file__).resolve().parents[2]


class Usage(NamedTuple):
    """What one process took: its largest resident set, and processor time."""

    peak_bytes: int
    cpu_seconds: float


class ForkedProcess:
    """One fork; see `storage.sheets.client.ReadingProcess`."""

    def __init__(
        self, nursery: "Nursery", pid: int, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader
    ) -> None:
        self.stdin: asyncio.StreamWriter | None = stdin
        self.stdout: asyncio.StreamReader | None = stdout
        self._nursery = nursery
        self._pid = pid
        self._code: int | None = None

    @property
    def returncode(self) -> int | None:
        return self._code

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    async def wait(self) -> int:
        if self._code is None:
            self._code = await self._nursery.ended()
        return self._code


class Nursery:
    """Starts the zygote and asks it for processes, one at a time. `used` is what they took, in order."""

    def __init__(self) -> None:
        self.used: list[Usage] = []
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, "-S", "-P", "-X", "utf8", "-m", "tests.fuzz.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._zygote.wait(timeout=10)

    async def start(self) -> ForkedProcess:
        requests, requests_in = os.pipe()
        answers_out, answers = os.pipe()
        socket.send_fds(self._line, [b"f"], [requests, answers])
        os.close(requests)
        os.close(answers)
        loop = asyncio.get_running_loop()
        stdout = asyncio.StreamReader()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(answers_out, "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop), os.fdopen(requests_in, "wb", 0)
        )
        stdin = asyncio.StreamWriter(transport, protocol, None, loop)
        pid = int(await self._told(loop))
        return ForkedProcess(self, pid, stdin, stdout)

    async def ended(self) -> int:
        """The exit code of the one that was started last, when it has ended."""
        told = json.loads(await self._told(asyncio.get_running_loop()))
        self.used.append(Usage(told["peak_bytes"], told["cpu_seconds"]))
        return int(told["code"])

    async def _told(self, loop: asyncio.AbstractEventLoop) -> bytes:
        told = await loop.sock_recv(self._line, 4096)
        if not told:
            raise RuntimeError("the zygote is gone")
        return told
