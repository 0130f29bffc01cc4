"""The folder in which copies of a SQLite desk are kept for some days."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from domain.operators.copies import Made, NotMade
from storage.copies import Copy, CopyFailed, copies_in, copy_database, remove_old

if TYPE_CHECKING:
    from domain.operators.copies import CopyKeeper


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopies:
    """`keep`: for how long. Older ones go once a new one was found whole; the newest always stays."""

    database: Path
    folder: Path
    keep: timedelta
    now: Callable[[], datetime] = _now

    async def make(self) -> Made | NotMade:
        stop = threading.Event()
        try:
            made, removed = await asyncio.to_thread(self._make, stop)
        except asyncio.CancelledError:
            stop.set()  # the thread ends by itself, and takes away what it has
            raise
        except CopyFailed as failed:
            return NotMade(why=failed.why, folder=failed.folder, detail=failed.detail)
        return Made(path=made.path, at=made.at, size=made.size, seconds=made.seconds, removed=removed)

    async def newest(self) -> datetime | None:
        found = await asyncio.to_thread(copies_in, self.folder, self.database.stem)
        return found[0][0] if found else None

    def _make(self, stop: threading.Event) -> tuple[Copy, int]:
        at = self.now()
        made = copy_database(self.database, self.folder, at=at, stop=stop)
        return made, len(remove_old(self.folder, self.database.stem, before=at - self.keep))


if TYPE_CHECKING:

    def _is_what_is_asked_for(copies: KeptCopies) -> CopyKeeper:
        return copies
