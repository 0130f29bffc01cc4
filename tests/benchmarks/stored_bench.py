"""Import: a 100,000 x 5 workbook, from the operator's yes until everybody is stored and their consent asked;
and one of 200,000, the longest there may be.

The bot's own worker on SQLite, synchronous FULL, with the media store in a folder.
"""

import asyncio
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import SystemClock
from bot.importer import ImportWorker
from bot.memory import keep_what_is_loaded
from bot.screens.base import Upload
from domain.contacts import imports
from domain.contacts.importing.refusals import MAX_ROWS
from domain.contacts.ports import ImportJob, ImportState
from domain.delivery.content import Media, MediaKind
from domain.kernel.ids import ImportId, WorkspaceId
from storage.database import Database
from storage.media import ObstoreMedia
from storage.sheets.client import ProcessSheetReader
from tests.benchmarks.import_bench import ROWS, make_workbook
from tests.benchmarks.measure import peak_mb
from tests.fakes.stores import a_member, a_workspace, open_store


async def measure(rows: int) -> tuple[float, float, float]:
    """Seconds; the most memory of this process, and of the one that reads, in MB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "people.xlsx"
        make_workbook(book, rows)
        media = ObstoreMedia(folder / "media")

        async def content() -> AsyncIterator[bytes]:
            yield book.read_bytes()

        async def fetch(upload: Upload) -> Media:
            key, size = await media.put(content())
            return Media(
                kind=MediaKind.DOCUMENT, key=key, filename=upload.filename, mime=upload.mime, size=size
            )

        changed = asyncio.Event()

        async def shown(_chat: int, _import: int) -> None:
            changed.set()

        async with open_store(folder) as store:
            worker = ImportWorker(
                store=store, reader=ProcessSheetReader(), media=media, fetch=fetch, refresh=shown,
                clock=SystemClock(),
            )  # fmt: skip
            seconds = await _import(store, worker, changed, book, rows)
    return seconds, peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


async def _import(
    store: Database, worker: ImportWorker, changed: asyncio.Event, book: Path, rows: int
) -> float:
    now = datetime.now(UTC)
    async with store.write() as unit:
        space = await a_workspace(unit)
        member = await a_member(unit, space)
        id = await unit.imports.create(
            workspace_id=space, member_id=member, chat_id=1, filename=book.name, telegram_file="x",
            size=book.stat().st_size, campaign_id=None, at=now,
        )  # fmt: skip
        await unit.commit()
    async with asyncio.TaskGroup() as group:
        working = group.create_task(worker.run())
        inspected = await _until(store, changed, space, id, ImportState.CHOOSE_COLUMNS)
        began = time.perf_counter()
        async with store.write() as unit:
            await unit.imports.update(imports.confirmed(inspected), expected=inspected.version, at=now)
            await unit.commit()
        worker.poke()
        await _until(store, changed, space, id, ImportState.ASK_CONSENT)
        seconds = time.perf_counter() - began
        working.cancel()
    async with store.read() as unit:
        assert sum((await unit.contacts.count(space)).values()) == rows
    return seconds


async def _until(
    store: Database, changed: asyncio.Event, space: WorkspaceId, id: ImportId, state: ImportState
) -> ImportJob:
    while True:
        await changed.wait()
        changed.clear()
        async with store.read() as unit:
            job = await unit.imports.job(space, id)
        if job.state is state:
            return job
        assert job.state is not ImportState.FAILED, job.refusal


def run() -> dict[str, float]:
    keep_what_is_loaded()  # as the bot does at its start
    short, peak, _ = asyncio.run(measure(ROWS))
    long, long_peak, reader_peak = asyncio.run(measure(MAX_ROWS))
    return {
        "import_seconds_100k": short,
        "import_stored_peak_mb": peak,
        "import_200k_seconds": long,
        "import_200k_peak_mb": long_peak,
        "import_200k_reader_peak_mb": reader_peak,
    }


if __name__ == "__main__":
    print(json.dumps(run()))
