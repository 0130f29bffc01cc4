"""The phones' memory on disk: an append-only file, and the files that came with messages."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from whatsapp.simulated.records import Record, decode, encode

_CHUNK = 256 * 1024


class JournalBroken(Exception):
    """The journal on disk cannot be read or written. The sentence says which file and why."""


class Journal:
    """Records appended in order; `durable()` returns once everything appended before it is on disk.

    Senders that wait at the same time share one write and one fsync. A last line cut short by a kill was
    never promised to anyone and is dropped at opening. One process at a time holds the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise JournalBroken(f"{path} is in use by another process") from error
        self._pending: list[bytes] = []
        self._appended = 0
        self._synced = 0
        self._lock = asyncio.Lock()
        self._broken: OSError | None = None
        # One thread, so that a write whose waiter was cancelled still stays ahead of the next one.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="phones-journal")

    def replay(self) -> Iterator[Record]:
        """Everything kept so far, oldest first."""
        self._file.seek(0)
        good = 0
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                yield decode(line)
            except (ValueError, KeyError, TypeError) as error:
                raise JournalBroken(f"{self._path} line {number} cannot be understood: {error}") from error
            good += len(line)
        self._file.truncate(good)
        self._file.seek(0, os.SEEK_END)

    def append(self, record: Record) -> None:
        self._pending.append(encode(record))
        self._appended += 1

    async def durable(self) -> None:
        """Raises `JournalBroken` when the disk refuses; nothing is promised after that."""
        wanted = self._appended
        if self._synced >= wanted:
            return
        async with self._lock:
            if self._synced >= wanted:
                return
            if self._broken is None:
                block, self._pending = b"".join(self._pending), []
                reached = self._appended
                try:
                    await asyncio.get_running_loop().run_in_executor(self._writer, self._write, block)
                except OSError as error:
                    self._broken = error
                else:
                    self._synced = reached
            if self._broken is not None:
                raise JournalBroken(f"{self._path} cannot be written: {self._broken}")

    def _write(self, block: bytes) -> None:
        self._file.write(block)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Writes what is still pending, then lets go of the file."""
        self._writer.shutdown(wait=True)
        if self._pending and self._broken is None:
            self._write(b"".join(self._pending))
            self._pending = []
            self._synced = self._appended
        self._file.close()


class Shelf:
    """Files by their SHA-256, in a folder or (None) in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    async def put(self, content: BinaryIO) -> tuple[str, int]:
        """Keep the whole stream; returns its name and size. On disk when this returns."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, name: str) -> bytes | None:
        if self._folder is None:
            return self._memory.get(name)
        path = self._folder / name
        return await asyncio.to_thread(lambda: path.read_bytes() if path.is_file() else None)

    def _put(self, content: BinaryIO) -> tuple[str, int]:
        content.seek(0)
        digest, size = sha256(), 0
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        name = digest.hexdigest()
        content.seek(0)
        if self._folder is None:
            self._memory.setdefault(name, content.read())
        elif not (self._folder / name).exists():
            self._store(self._folder, name, content)
        return name, size

    @staticmethod
    def _store(folder: Path, name: str, content: BinaryIO) -> None:
        part = folder / f"{name}.{os.urandom(4).hex()}.part"
        with part.open("wb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)


def stream_of(content: bytes) -> BinaryIO:
    """Bytes as the stream `Shelf.put` takes."""
    return BytesIO(content)
