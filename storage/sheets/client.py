"""Starts the reading process, listens to it, and kills it when it is not wanted any more."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from tempfile import mkstemp
from time import monotonic
from typing import Any, Final, Protocol

import orjson

import domain
from domain.contacts.forgetting import FORGOTTEN
from domain.contacts.importing import refusals
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.ports import NOBODY, STOPPED, Inspection
from domain.contacts.importing.rows import Batch, ImportPlan
from storage.sheets import wire

#: Address space of the reading process: what it really takes stays below 300 MB, as tests/fuzz measures.
#: 200,000 rows of 12 columns take 260 MB where they are laid out whole, and 95 MB in pieces.
#: What needs more is read as .csv, row by row.
MEMORY_BYTES: Final = 340 * 1024 * 1024
#: So far the process may read ahead of what is taken from it. In bytes; asyncio holds twice as much at most.
READ_AHEAD: Final = 4 * 1024 * 1024
_ROOT: Final = Path(domain.__file__).parent.parent


class ReadingProcess(Protocol):
    """A process of `storage.sheets.reader`; what `asyncio.subprocess.Process` has."""

    stdin: asyncio.StreamWriter | None
    stdout: asyncio.StreamReader | None

    @property
    def returncode(self) -> int | None:
        """None while it lives, or while nobody waited for it."""
        ...

    def kill(self) -> None: ...

    async def wait(self) -> int:
        """Its exit code; below 0, the signal that ended it."""
        ...


async def start_process() -> ReadingProcess:
    """The process gets a path to its modules and nothing else of our environment, which holds secrets."""
    paths = dict.fromkeys([str(_ROOT), *filter(None, sys.path)])
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-S", "-P", "-X", "utf8", "-m", "storage.sheets.reader"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=READ_AHEAD,
        env={"PYTHONPATH": os.pathsep.join(paths), "RUST_BACKTRACE": "0"},
    )


class ProcessSheetReader:
    """Reads files in a process of their own, one a call; see `domain.contacts.importing.ports.SheetReader`.

    `seconds` bounds the time a call waits for the process (not the time its caller takes between batches);
    `memory` is its address space in bytes; `start` starts one (the fuzzer forks one that it measures).
    """

    def __init__(
        self,
        *,
        seconds: float = refusals.MAX_SECONDS,
        memory: int = MEMORY_BYTES,
        start: Callable[[], Awaitable[ReadingProcess]] = start_process,
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._start = start

    async def inspect(self, path: Path, filename: str, country: str) -> Inspection:
        """See the port."""
        answer = await self._only_answer(path, filename, {"country": country})
        return wire.inspection_from(answer)

    async def read(self, path: Path, filename: str, plan: ImportPlan) -> AsyncGenerator[Batch, None]:
        """See the port."""
        async with aclosing(self._answers(path, filename, {"plan": plan.to_json()})) as answers:
            async for answer in answers:
                if "end" in answer:
                    return
                yield wire.batch_from(answer)

    async def error_file(
        self,
        path: Path,
        filename: str,
        plan: ImportPlan,
        sentence: Callable[[str], str],
        *,
        left_out: Mapping[str, str] = NOBODY,
    ) -> Path:
        """See the port."""
        sentences = {code: sentence(code) for code in (*Reason, "duplicate", STOPPED, FORGOTTEN, "column")}
        handle, name = mkstemp(prefix=f"{path.stem[:40]}-", suffix=".xlsx", dir=path.parent)
        os.close(handle)
        out = Path(name)
        request = {
            "plan": plan.to_json(), "out": name, "sentences": sentences, "left_out": dict(left_out),
        }  # fmt: skip
        try:
            await self._only_answer(path, filename, request)
        except BaseException:
            _remove(out)
            raise
        return out

    async def _only_answer(self, path: Path, filename: str, request: Mapping[str, Any]) -> dict[str, Any]:
        async with aclosing(self._answers(path, filename, request)) as answers:
            async for answer in answers:
                return answer
        raise refusals.FileRefused()

    async def _answers(
        self, path: Path, filename: str, request: Mapping[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What the process says, until it ends. However this is left, the process is gone afterwards."""
        own = {"path": _checked(path), "filename": filename, "memory": self._memory}
        process = await self._start()
        try:
            left = self._seconds
            message = wire.frame({**own, "seconds": max(1, round(self._seconds)), **request})
            while True:
                began = monotonic()
                try:
                    async with asyncio.timeout(left):
                        answer = await _next_answer(process, message)
                except TimeoutError:
                    raise refusals.TooSlow(limit=refusals.MAX_SECONDS) from None
                left -= monotonic() - began
                message = b""
                if answer is None:
                    raise _refusal_of(await process.wait())
                if "refused" in answer:
                    raise _refusal_in(answer)
                yield answer
        finally:
            await _end(process)


def _checked(path: Path) -> str:
    """The file's full path; no process is started for one that is too big."""
    size = path.stat().st_size
    if size > refusals.MAX_FILE_BYTES:
        raise refusals.TooBig(bytes=size, limit=refusals.MAX_FILE_BYTES)
    return str(path.resolve())


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _pipes(process: ReadingProcess) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the reading process has no pipes")
    return process.stdin, process.stdout


async def _next_answer(process: ReadingProcess, message: bytes) -> dict[str, Any] | None:
    """Ask, if there is something left to ask, and take one answer. None: the process ended without one."""
    stdin, stdout = _pipes(process)
    if message:
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(message)
            await stdin.drain()
            stdin.close()
    try:
        header = await stdout.readexactly(wire.HEADER_BYTES)
        size = int.from_bytes(header, "big")
        if size > wire.LONGEST_FRAME:
            return None
        answer: dict[str, Any] = orjson.loads(await stdout.readexactly(size))
    except (asyncio.IncompleteReadError, ValueError):
        return None
    return answer


def _refusal_in(answer: Mapping[str, Any]) -> refusals.FileRefused:
    refused = refusals.REFUSALS.get(answer["refused"], refusals.FileRefused)(**answer["data"])
    if "trace" in answer:
        refused.add_note(str(answer["trace"]))
    return refused


def _refusal_of(code: int) -> refusals.FileRefused:
    """What it means that the process ended without an answer."""
    if code == -signal.SIGXCPU:
        return refusals.TooSlow(limit=refusals.MAX_SECONDS)
    if code in {-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV}:
        # Refused memory, calamine aborts and orjson falls; when there is none the kernel kills.
        return refusals.OutOfMemory(exit=code)
    return refusals.FileRefused(exit=code)


async def _end(process: ReadingProcess) -> None:
    """Kill it if it lives, take what is left in the pipe, and wait: no zombie, no open pipe is left."""
    stdin, stdout = _pipes(process)
    with suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
    stdin.close()
    await stdout.read()
    await process.wait()
