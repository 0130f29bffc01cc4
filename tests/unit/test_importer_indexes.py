"""While there is no file, the import worker makes people quick to be found."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import importer
from bot.tasks import TaskOwner
from domain.contacts.ports import ImportState
from tests.chat.contact_chat import NOW, Chat
from tests.chat.import_bench import PATIENCE, PEOPLE, Bench, HaltingReader
from tests.fakes.stores import contacts, open_store


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_store(tmp_path) as store:
        yield Bench(await Chat.begin(store))


async def test_who_was_stored_is_made_quick_to_be_found_while_there_is_no_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "INDEXED_AT_ONCE", 400)
    space = bench.chat.workspace.id
    async with bench.chat.store.write() as unit:
        await unit.contacts.save_rows(space, None, contacts(1_500), at=NOW)
        await unit.commit()
    reader = HaltingReader()
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        async with asyncio.timeout(PATIENCE):
            while await _unindexed(bench):
                await asyncio.sleep(0.01)
        # Not while a file is stored: then the file has the database.
        await bench.chat.tap("That's right")
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        async with bench.chat.store.write() as unit:
            await unit.contacts.save_rows(space, None, contacts(1_000, first=2_000), at=NOW)
            await unit.commit()
        await worker._start_some(TaskOwner())
        assert await _unindexed(bench)
        reader.go_on.set()
        async with asyncio.timeout(PATIENCE):
            while await _unindexed(bench):
                await asyncio.sleep(0.01)
    async with bench.chat.store.read() as unit:
        assert (await unit.contacts.search(space, "person 1499"))[1] == 1


async def test_an_index_that_cannot_be_written_keeps_no_file_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("malformed")

    async with bench.chat.store.write() as unit:
        await unit.contacts.save_rows(bench.chat.workspace.id, None, contacts(1_000), at=NOW)
        await unit.commit()
    monkeypatch.setattr("storage.contacts.SqlContacts.index_some", broken)
    with capture_logs() as logs:
        job = await bench.imported("customers.csv", PEOPLE)
    assert job.state is ImportState.ASK_CONSENT
    assert any(line["event"] == "people not indexed" for line in logs)


async def _unindexed(bench: Bench) -> bool:
    async with bench.chat.store.read() as unit:
        return await unit.contacts.unindexed()
