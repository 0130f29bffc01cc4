"""Works on files that came in: fetches, inspects, and after the operator's yes stores them.

Everything stands in the table of imports, so that a kill loses nothing: at start whatever is unfinished is
simply done again, and storing a row twice changes nothing. An operator's Cancel is a change of state like any
other; the worker looks for it between batches and while it waits.
"""

import asyncio
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.importer_words import list_name, note, read_as, shown, tell, wording
from bot.screens.base import Upload
from bot.tasks import Bell, TaskOwner
from domain.contacts import imports, service
from domain.contacts.forgetting import FORGOTTEN
from domain.contacts.importing.ports import STOPPED, SheetReader
from domain.contacts.importing.rows import Batch, ImportPlan, Summary
from domain.contacts.ports import ImportedRow, ImportJob, ImportState
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import ChannelDown, MediaAway, MediaStore
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, DomainError, Interrupted, NotFound, StoreAway
from domain.kernel.ids import ImportId, WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

AT_ONCE: Final = 2
#: How often a job under way is looked at, for Cancel and for what the chat shows. Seconds.
LOOK_EVERY: Final = 0.3
SHOW_EVERY: Final = timedelta(seconds=1)
#: Without being woken the table is looked at this often. Seconds.
LOOK_AGAIN: Final = 5.0
#: Waits before asking Telegram for a file again.
FETCH_AGAIN: Final = (timedelta(seconds=1), timedelta(seconds=4))
CHUNK: Final = 256 * 1024
#: Batches of a file that wait to be stored.
READ_AHEAD: Final = 2
#: Rows made ready before others have their turn: up to a millisecond.
ROWS_AT_ONCE: Final = 250
#: People put into the index in one transaction: 15 to 50 ms.
INDEXED_AT_ONCE: Final = 5_000

Fetch = Callable[[Upload], Awaitable[Media]]
_Read = tuple[Batch, Sequence[ImportedRow]]
#: Draws the import again where it is looked at: chat, import.
Refresh = Callable[[int, int], Awaitable[None]]


class NotFetched(DomainError):
    """Telegram did not hand over `filename`."""

    code = "import.not_fetched"


class NoLongerOurs(Exception):
    """The operator cancelled, or somebody else changed the job: leave it."""


@dataclass(kw_only=True)
class ImportWorker:
    """One file a workspace at a time, two in all."""

    store: Store[Unit]
    reader: SheetReader
    media: MediaStore
    fetch: Fetch
    refresh: Refresh
    clock: Clock
    _bell: Bell = field(default_factory=Bell)
    _working: dict[WorkspaceId, ImportId] = field(default_factory=dict)
    #: Those that could not even be marked failed: left alone until the next start.
    _given_up: set[ImportId] = field(default_factory=set)

    def poke(self) -> None:
        """There may be work."""
        self._bell.ring()

    async def run(self) -> None:
        """For ever. Cancelling it leaves every job as the table has it."""
        async with TaskOwner() as tasks:
            while True:
                await self._start_some(tasks)
                await self._bell.wait(LOOK_AGAIN)

    async def _start_some(self, tasks: TaskOwner) -> None:
        try:
            async with self.store.read() as unit:
                jobs = await unit.imports.unfinished()
        except Exception as error:
            log.error("imports not found", exc_info=error)
            return
        for job in jobs:
            if len(self._working) >= AT_ONCE:
                return
            if job.workspace_id not in self._working and job.id not in self._given_up:
                self._working[job.workspace_id] = job.id
                tasks.start(f"import-{job.id}", self._work(job))
        if not self._working:
            await self._index_some()

    async def _index_some(self) -> None:
        """While no file is stored, people are made quick to be found: doing both would slow the file down."""
        try:
            async with self.store.read() as unit:
                if not await unit.contacts.unindexed():
                    return
            async with self.store.write(bulk=True) as unit:
                await unit.contacts.index_some(most=INDEXED_AT_ONCE)
                await unit.commit()
        except Exception as error:
            # They are found all the same, only more slowly.
            log.error("people not indexed", exc_info=error)
            return
        self.poke()

    async def _work(self, job: ImportJob) -> None:
        """One job as far as it goes without its operator."""
        try:
            async with asyncio.TaskGroup() as group:
                work = group.create_task(self._advance(job))
                group.create_task(self._watch(job, work))
        finally:
            self._working.pop(job.workspace_id, None)
            self.poke()

    async def _watch(self, job: ImportJob, work: asyncio.Task[None]) -> None:
        """Stops the work when its job was cancelled, and shows how far it has got."""
        seen, shown_at = -1, self.clock.now()
        while not (await asyncio.wait({work}, timeout=LOOK_EVERY))[0]:
            current = await self._now(job)
            if current is None or current.state is ImportState.CANCELLED:
                work.cancel()
            elif current.done_rows != seen and self.clock.now() - shown_at >= SHOW_EVERY:
                seen, shown_at = current.done_rows, self.clock.now()
                await self._show(job)
        if not work.cancelled():
            await self._show(job)

    async def _now(self, job: ImportJob) -> ImportJob | None:
        """As the table has it; as it was known when the table does not answer; None when it is gone."""
        try:
            async with self.store.read() as unit:
                return await unit.imports.job(job.workspace_id, job.id)
        except NotFound:
            return None
        except Exception as error:
            log.error("import not looked at", id=job.id, exc_info=error)
            return job

    async def _show(self, job: ImportJob) -> None:
        """What the chat shows must never decide what becomes of an import."""
        try:
            await self.refresh(job.chat_id, int(job.id))
        except Exception as error:
            log.error("import not shown", id=job.id, exc_info=error)

    async def _advance(self, job: ImportJob) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="masssender-import-") as folder:
                await self._steps(job, Path(folder))
        except (NoLongerOurs, Conflict, NotFound):
            log.info("import left", id=job.id)
            # What is still unfinished is taken up again, but never in a tight circle.
            await asyncio.sleep(LOOK_EVERY)
        except MediaAway as away:
            # Nobody's file is at fault: it is taken up again, and goes on when they can be reached.
            log.warning("files cannot be reached", id=job.id, why=away.why)
            await asyncio.sleep(LOOK_AGAIN)
        except (Interrupted, StoreAway) as away:
            log.warning("import put off", id=job.id, why=type(away).__name__)
            await asyncio.sleep(LOOK_AGAIN)
        except DomainError as refusal:
            log.info("import refused", id=job.id, code=refusal.code)
            await self._failed(job, refusal.code, refusal.data)
        except Exception as error:
            reference = secrets.token_hex(4)
            log.error("import failed", id=job.id, reference=reference, exc_info=error)
            await self._failed(job, "import.trouble", {"reference": reference})

    async def _steps(self, job: ImportJob, folder: Path) -> None:
        if job.state is ImportState.RECEIVED:
            job = await self._fetched(job)
        path = folder / "upload"
        with path.open("wb") as file:
            async for piece in self.media.stream(job.media_key or ""):
                await asyncio.to_thread(file.write, piece)
        if job.state is ImportState.READING:
            await self._inspect(job, path)
        elif job.state is ImportState.STORING:
            await self._store(job, path)

    # -- fetching and inspecting ---------------------------------------------------------------------

    async def _fetched(self, job: ImportJob) -> ImportJob:
        upload = Upload(
            telegram_file=job.telegram_file, filename=job.filename, mime="application/octet-stream",
            size=job.size, kind=MediaKind.DOCUMENT,
        )  # fmt: skip
        media = await self._ask_for(upload)
        job = await self._save(replace(job, state=ImportState.READING, media_key=media.key, size=media.size))
        await self._show(job)
        return job

    async def _ask_for(self, upload: Upload) -> Media:
        """Telegram may hesitate; after a few tries the operator is asked to send the file again."""
        for wait in (*FETCH_AGAIN, None):
            try:
                return await self.fetch(upload)
            except (ChannelDown, DomainError) as error:
                if isinstance(error, DomainError) and error.code != "upload.not_handed_over":
                    raise
                if wait is None:
                    break
                await self.clock.sleep_until(self.clock.now() + wait)
        raise NotFetched(filename=upload.filename)

    async def _inspect(self, job: ImportJob, path: Path) -> None:
        async with self.store.read() as unit:
            workspace = await unit.operators.workspace(job.workspace_id)
        inspection = await self.reader.inspect(path, read_as(job.filename), workspace.country)
        await self._save(imports.inspected(job, inspection), told=True)

    # -- storing ---------------------------------------------------------------------------------------

    async def _store(self, job: ImportJob, path: Path) -> None:
        """All rows, in short transactions; a second run over the same file ends the same."""
        plan = imports.plan_of(job)
        job = await self._with_list(job)
        summary, left_out = Summary(), dict[str, str]()
        reading: AsyncGenerator[Batch, None] = self.reader.read(path, read_as(job.filename), plan)
        async with aclosing(reading) as batches, _read_ahead(batches) as ahead:
            while (read := await ahead.get()) is not None:
                batch, rows = read
                summary = summary.plus(batch)
                await self._save_batch(job, batch, rows, left_out)
        faulty = summary.duplicates + summary.bad + len(left_out) > 0
        error_key = await self._error_file(job, path, plan, left_out) if faulty else None
        await self._stored(job, summary, Counter(left_out.values()), error_key)

    async def _with_list(self, job: ImportJob) -> ImportJob:
        """Made once: a run after a crash finds it, and makes another if it was deleted meanwhile."""
        now = self.clock.now()
        async with self.store.write() as unit:
            names = await unit.contacts.list_names(job.workspace_id)
            if job.list_id in names:
                return job
            name = list_name(job.filename, set(names.values()))
            list_id = await unit.contacts.create_list(job.workspace_id, name, at=now)
            job = await unit.imports.update(replace(job, list_id=list_id), expected=job.version, at=now)
            await unit.commit()
        return job

    async def _save_batch(
        self, job: ImportJob, batch: Batch, rows: Sequence[ImportedRow], left_out: dict[str, str]
    ) -> None:
        """In one transaction; a batch is small enough that a tap waiting for the database is not felt.

        Adds to `left_out` who has said stop and whom nobody is to remember, by number."""
        async with self.store.write(bulk=True) as unit:
            current = await unit.imports.job(job.workspace_id, job.id)
            if current.state is not ImportState.STORING or current.version != job.version:
                raise NoLongerOurs
            if rows:
                saved = await unit.contacts.save_rows(
                    job.workspace_id, job.list_id, rows, at=self.clock.now()
                )
                left_out |= dict.fromkeys(saved.stopped, STOPPED)
                left_out |= dict.fromkeys(saved.forgotten, FORGOTTEN)
            await unit.imports.count_done(job.id, batch.done, batch.total)
            await unit.commit()

    async def _error_file(
        self, job: ImportJob, path: Path, plan: ImportPlan, left_out: Mapping[str, str]
    ) -> str:
        """The same sheet with a reason per bad row, kept in the media store."""
        async with self.store.read() as unit:
            language = (await unit.operators.workspace(job.workspace_id)).language
        made = await self.reader.error_file(
            path, read_as(job.filename), plan, wording(language), left_out=left_out
        )
        key, _size = await self.media.put(_chunks(made))
        return key

    async def _stored(
        self, job: ImportJob, summary: Summary, left_out: Mapping[str, int], error_key: str | None
    ) -> None:
        stopped, gone = left_out.get(STOPPED, 0), left_out.get(FORGOTTEN, 0)
        counts = {
            "rows": summary.rows, "ready": summary.ready - stopped - gone, "duplicates": summary.duplicates,
            "bad": summary.bad, "stopped": stopped, **({"forgotten": gone} if gone else {}),
        }  # fmt: skip
        empty = summary.ready - gone == 0
        done = replace(
            job, counts=counts, error_key=error_key, done_rows=summary.rows, total_rows=summary.rows,
            state=ImportState.DONE if empty else ImportState.ASK_CONSENT,
            list_id=None if empty else job.list_id,
        )  # fmt: skip
        now = self.clock.now()
        async with self.store.write() as unit:
            saved = await unit.imports.update(done, expected=job.version, at=now)
            await tell(unit, saved, at=now)
            await note(unit, saved, "import.read", at=now, after=counts)
            if empty and job.list_id is not None:
                await unit.contacts.remove_list(job.workspace_id, job.list_id)
            await unit.commit()

    # -- keeping ---------------------------------------------------------------------------------------

    async def _save(self, job: ImportJob, *, told: bool = False) -> ImportJob:
        now = self.clock.now()
        async with self.store.write() as unit:
            saved = await unit.imports.update(job, expected=job.version, at=now)
            if told:
                await tell(unit, saved, at=now)
            await unit.commit()
        return saved

    async def _failed(self, job: ImportJob, code: str, data: Mapping[str, object]) -> None:
        """Whatever had been stored stays as people; the half-filled list goes."""
        try:
            async with self.store.write() as unit:
                current = await unit.imports.job(job.workspace_id, job.id)
                if current.state in service.FINISHED:
                    return
                ended = replace(
                    current,
                    state=ImportState.FAILED,
                    list_id=None,
                    refusal={"code": code, "data": shown(data)},
                )
                now = self.clock.now()
                saved = await unit.imports.update(ended, expected=current.version, at=now)
                await tell(unit, saved, at=now)
                await note(unit, saved, "import.failed", at=now, after={"refusal": code})
                if current.list_id is not None:
                    await unit.contacts.remove_list(job.workspace_id, current.list_id)
                await unit.commit()
        except Exception as error:
            self._given_up.add(job.id)
            log.error("import given up until the next start", id=job.id, exc_info=error)


@asynccontextmanager
async def _read_ahead(batches: AsyncIterable[Batch]) -> AsyncGenerator[asyncio.Queue[_Read | None]]:
    """Batches with their rows as they are stored, then None; read while the database has those before. Who
    leaves it sooner leaves the reader too."""
    ahead: asyncio.Queue[_Read | None] = asyncio.Queue(READ_AHEAD)

    async def read() -> None:
        async for batch in batches:
            rows: list[ImportedRow] = []
            for start in range(0, len(batch.ready), ROWS_AT_ONCE):
                some = batch.ready[start : start + ROWS_AT_ONCE]
                rows += [ImportedRow(number, name, attributes) for _, number, name, attributes in some]
                await asyncio.sleep(0)
            await ahead.put((batch, rows))
        await ahead.put(None)

    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read())
            yield ahead
            reading.cancel()
    except BaseExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from first.__cause__


async def _chunks(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
