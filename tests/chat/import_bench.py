"""The import worker with files in memory in place of Telegram, and readers that stop where a test wants."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

from bot.importer import ImportWorker
from bot.screens.base import Upload
from domain.contacts.importing.ports import NOBODY, Inspection, SheetReader
from domain.contacts.importing.rows import Batch, ImportPlan
from domain.contacts.ports import ImportJob, ImportState
from domain.delivery.content import Media
from domain.kernel.ids import ImportId
from storage.sheets.client import ProcessSheetReader
from tests.chat.contact_chat import AYSE, JOHN, LENA, MARIE, Chat, MemoryMedia

#: Far above what anything here takes: a test that hangs fails by this.
PATIENCE = 60.0


@dataclass
class Bench:
    chat: Chat
    files: dict[str, bytes] = field(default_factory=dict)
    media: MemoryMedia = field(default_factory=MemoryMedia)
    reader: SheetReader = field(default_factory=ProcessSheetReader)
    #: What fetching raises, in order, before it works.
    troubles: list[Exception] = field(default_factory=list)
    fetched: int = 0
    _shown: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, upload: Upload) -> Media:
        self.fetched += 1
        if self.troubles:
            raise self.troubles.pop(0)

        async def content() -> AsyncIterator[bytes]:
            yield self.files[upload.filename]

        key, size = await self.media.put(content())
        return Media(kind=upload.kind, key=key, filename=upload.filename, mime=upload.mime, size=size)

    async def _refresh(self, chat_id: int, import_id: int) -> None:
        self._shown.set()

    def worker(self, reader: SheetReader | None = None) -> ImportWorker:
        return ImportWorker(
            store=self.chat.store, reader=reader or self.reader, media=self.media, fetch=self.fetch,
            refresh=self._refresh, clock=self.chat.clock,
        )  # fmt: skip

    @asynccontextmanager
    async def working(self, reader: SheetReader | None = None) -> AsyncIterator[ImportWorker]:
        """A running worker; leaving abandons it wherever it is, as a kill would."""
        worker = self.worker(reader)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(worker.run())
            try:
                yield worker
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    async def send(self, filename: str, content: bytes, campaign_id: int | None = None) -> ImportId:
        self.files[filename] = content
        await self.chat.send(filename, len(content), campaign_id)
        return (await self.latest()).id

    async def latest(self) -> ImportJob:
        async with self.chat.store.read() as unit:
            job = await unit.imports.latest(self.chat.workspace.id)
        assert job is not None
        return job

    async def until(self, worker: ImportWorker, *states: ImportState) -> ImportJob:
        """Wait for the job to reach one of the states."""
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            while (job := await self.latest()).state not in states:
                self._shown.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self._shown.wait()
        return job

    async def imported(self, filename: str, content: bytes) -> ImportJob:
        """All the way to the question of consent, with the guess accepted."""
        async with self.working() as worker:
            await self.send(filename, content)
            await self.until(worker, ImportState.CHOOSE_COLUMNS)
            await self.chat.tap("That's right")
            return await self.until(worker, ImportState.ASK_CONSENT, ImportState.DONE, ImportState.FAILED)


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def xlsx(**sheets: list[list[object]]) -> bytes:
    book = Workbook()
    del book[book.sheetnames[0]]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@dataclass
class HaltingReader:
    """A real reader that halts after its first batch until it is let go on, and tells when it was left."""

    real: SheetReader = field(default_factory=ProcessSheetReader)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    halt_inspection: bool = False

    async def inspect(self, path: Path, filename: str, country: str) -> Inspection:
        if self.halt_inspection:
            await self._halt()
        return await self.real.inspect(path, filename, country)

    async def read(self, path: Path, filename: str, plan: ImportPlan) -> AsyncGenerator[Batch, None]:
        async for batch in self.real.read(path, filename, plan):
            first = len(batch.ready) // 2
            yield Batch(ready=batch.ready[:first], duplicates=(), bad=(), done=first + 1, total=batch.total)
            await self._halt()
            yield Batch(
                ready=batch.ready[first:], duplicates=batch.duplicates, bad=batch.bad,
                done=batch.done, total=batch.total,
            )  # fmt: skip

    async def _halt(self) -> None:
        self.reached.set()
        try:
            await self.go_on.wait()
        finally:
            self.left.set()

    async def error_file(
        self,
        path: Path,
        filename: str,
        plan: ImportPlan,
        sentence: Callable[[str], str],
        *,
        left_out: Mapping[str, str] = NOBODY,
    ) -> Path:
        return await self.real.error_file(path, filename, plan, sentence, left_out=left_out)


async def numbers(bench: Bench, job: ImportJob) -> list[str]:
    """Who stands on the job's list."""
    assert job.list_id is not None
    async with bench.chat.store.read() as unit:
        return [c.number async for c in unit.contacts.stream(job.workspace_id, list_id=job.list_id)]


#: Four people as a file of theirs has them.
PEOPLE = csv("Name,Phone,City", f"Ayşe,{AYSE},İzmir", f"John,{JOHN},", f"Lena,{LENA},Köln", f"Marie,{MARIE},")
