"""How the machine of this desk is doing, for `/status`. What is looked at lives in memory or in the system;
what waits stands in the tables, and the screen reads it there."""

import asyncio
import resource
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import structlog

from domain.accounts.web import WebSessions, WorkerNode

log = structlog.get_logger(__name__)

#: Longer without an answer of Telegram's, or with something waiting, is not well. It answers within 25 s.
LATE: Final = timedelta(seconds=90)
#: The workers are asked so often, in seconds; the screen can ask at once.
LOOK_AGAIN: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`last_poll`: when Telegram last answered; `lanes` updates at work or next in line; `senders` accounts
    that send just now; sizes in bytes, `memory_bytes` of this process. `database` is its kind."""

    last_poll: datetime | None = None
    lanes: int = 0
    senders: int = 0
    nodes: Sequence[WorkerNode] = ()
    database: str = ""
    database_bytes: int | None = None
    disk_free: int | None = None
    disk_total: int | None = None
    memory_bytes: int | None = None
    version: str = ""


@dataclass(kw_only=True)
class Machine:
    """`look()` at any time; `refresh()` asks the workers."""

    web: WebSessions | None = None
    data_dir: Path | None = None
    database_file: Path | None = None
    last_poll: Callable[[], datetime | None] = lambda: None
    lanes: Callable[[], int] = lambda: 0
    senders: Callable[[], int] = lambda: 0
    _nodes: Sequence[WorkerNode] = field(default=())

    async def run(self) -> None:
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.error("workers not looked at", exc_info=error)
            await asyncio.sleep(LOOK_AGAIN)

    async def refresh(self) -> None:
        if self.web is not None:
            self._nodes = await self.web.nodes()

    def look(self) -> Condition:
        disk = shutil.disk_usage(self.data_dir) if self.data_dir is not None else None
        return Condition(
            last_poll=self.last_poll(), lanes=self.lanes(), senders=self.senders(), nodes=self._nodes,
            database="SQLite" if self.database_file is not None else "PostgreSQL",
            database_bytes=_size(self.database_file), disk_free=disk.free if disk is not None else None,
            disk_total=disk.total if disk is not None else None, version=program_version(),
            memory_bytes=resident_bytes(),
        )  # fmt: skip


def file_of(database: str) -> Path | None:
    """Where a database is, if it is a file."""
    kind, _, path = database.partition(":///")
    return Path(path) if kind.startswith("sqlite") else None


def _size(file: Path | None) -> int | None:
    """With what SQLite keeps beside it."""
    if file is None:
        return None
    beside = (file, file.with_name(f"{file.name}-wal"))
    return sum(one.stat().st_size for one in beside if one.exists())


def resident_bytes(statm: Path = Path("/proc/self/statm")) -> int | None:
    """The memory that this process holds; None where the system does not tell."""
    try:
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def program_version() -> str:
    try:
        return version("masssender")
    except PackageNotFoundError:
        return "?"
