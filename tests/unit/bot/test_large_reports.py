"""A report of very many people is made beside the other notices, and its files leave from the disk."""

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram import Bot, InputFile, InputMediaDocument
from telegram.error import Forbidden, NetworkError, RetryAfter, TelegramError

from bot.chat.notices import Notices
from bot.chat.sending import kinds_of_notice
from bot.tasks import TaskOwner
from bot.texts import plain
from domain.delivery.ports import MediaStore
from domain.kernel.ids import CampaignId
from domain.operators.chat import Notice
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_list, a_member, a_running_campaign, a_workspace, an_account, open_store

CHAT, ANOTHER = 1001, 1002
PEOPLE = 30


class Chat:
    """What came, and what was open on the disk while it did. `sent` is rung when files are."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.rows: list[list[str]] = []
        self.failing: list[TelegramError] = []
        self.telling_fails: list[Exception] = []
        self.waits, self.line_waits = asyncio.Event(), asyncio.Event()
        self.waits.set()
        self.line_waits.set()

    async def send_photo(self, _chat: int, _photo: bytes, **_: Any) -> Any:
        await self.waits.wait()
        self.came.append("picture")
        return SimpleNamespace(message_id=1)

    async def send_message(self, _chat: int, text: str, **_: Any) -> Any:
        if "being made" in text:
            await self.line_waits.wait()
            if self.telling_fails:
                raise self.telling_fails.pop()
        self.came.append(text)
        return SimpleNamespace(message_id=2)

    async def edit_message_text(self, text: str, **_: Any) -> None:
        self.came.append(text)

    async def delete_message(self, _chat: int, message_id: int) -> None:
        self.came.append(f"without {message_id}")

    async def send_media_group(self, _chat: int, documents: list[InputMediaDocument], **_: Any) -> None:
        if self.failing:
            raise self.failing.pop()
        for document in documents:
            self._take(document.media)

    async def send_document(self, _chat: int, file: InputFile, *, caption: str | None, **_: Any) -> None:
        self._take(file)
        if caption:
            self.came.append(caption)

    def _take(self, handle: Any) -> None:
        content = handle.input_file_content
        assert isinstance(content, io.BufferedReader), "not read into memory"
        if content.name.endswith(".csv"):
            self.rows = list(csv.reader(content.read().decode("utf-8-sig").splitlines()))
        if content.name.endswith(".zip"):
            with zipfile.ZipFile(content) as archive, archive.open("report.csv") as packed:
                self.rows = list(csv.reader(packed.read().decode("utf-8-sig").splitlines()))
        self.came.append(handle.filename)


async def due(store: Database, clock: FakeClock, *, seconds: float) -> list[str]:
    """The kinds of notice that are due after so long."""
    async with store.read() as unit:
        found = await unit.chat.due_notices(now=clock.now() + timedelta(seconds=seconds), limit=9)
    return [one.notice.kind for one in found]


async def a_campaign_of(store: Database) -> CampaignId:
    async with store.write() as unit:
        space = await a_workspace(unit)
        member = await a_member(unit, space, telegram_id=CHAT)
        await unit.operators.accept_terms(member, version=1, at=NOW)
        account = await an_account(unit, space)
        id = await a_running_campaign(unit, space, member, account, await a_list(unit, space, PEOPLE))
        await unit.chat.queue_notice(
            Notice(chat_id=CHAT, key="report", kind="report", payload={"campaign_id": id}), at=NOW
        )
        await unit.chat.queue_notice(
            Notice(chat_id=ANOTHER, key="hello", kind="text", payload={"text": "hello"}), at=NOW
        )
        await unit.commit()
    return id


async def flush_until(
    notices: Notices, clock: FakeClock, so: Callable[[], bool], *, seconds: float = 1
) -> None:
    async with asyncio.timeout(20):
        while not so():
            clock.advance(seconds=seconds)
            await notices.flush()
            await asyncio.sleep(0.01)


async def flush_until_none_is_due(
    notices: Notices, store: Database, clock: FakeClock, *, seconds: float
) -> None:
    """Within so long."""
    async with asyncio.timeout(20):
        while await due(store, clock, seconds=seconds):
            clock.advance(seconds=1)
            await notices.flush()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def told_by(chat: Chat, clock: FakeClock, folder: Path) -> AsyncIterator[tuple[Database, Notices]]:
    """A desk whose report is to be sent there."""
    async with open_store(folder) as store, TaskOwner() as tasks:
        await a_campaign_of(store)
        kinds = kinds_of_notice(store, cast(MediaStore, None), clock, tasks)
        yield store, Notices(cast(Bot, chat), store, clock, kinds)


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.report_notice.LARGE", PEOPLE - 1)


async def test_nobody_waits_for_it_and_how_far_it_is_is_told(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.waits.clear()
    async with told_by(chat, clock, tmp_path) as (_, notices):
        await notices.flush()
        assert "hello" in chat.came
        await flush_until(notices, clock, lambda: len(chat.came) == 2)
        assert "of 30 rows" in chat.came[1]
        chat.waits.set()
        await flush_until(notices, clock, lambda: "without 2" in chat.came)
        files = [one for one in chat.came if one.startswith("report-1-March.")]
        assert files == ["report-1-March.xlsx", "report-1-March.csv"]
        assert len(chat.rows) == 1 + PEOPLE
        await flush_until(notices, clock, lambda: notices._unrecorded == {})
        for _ in range(3):
            clock.advance(seconds=10)
            await notices.flush()
            await asyncio.sleep(0)
        assert chat.came.count("picture") == 1, "it comes once"


async def test_one_that_telegram_did_not_take_is_made_again(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.failing = [NetworkError("cut off")]
    async with told_by(chat, clock, tmp_path) as (_, notices):
        await flush_until(notices, clock, lambda: bool(chat.rows), seconds=5)
        assert chat.came.count("picture") == 2
        assert len(chat.rows) == 1 + PEOPLE


async def test_whoever_blocked_the_bot_is_given_up_at_once(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.failing = [Forbidden("bot was blocked by the user")]
    async with told_by(chat, clock, tmp_path) as (store, notices):
        await flush_until(notices, clock, lambda: not chat.failing)
        await flush_until_none_is_due(notices, store, clock, seconds=1e6)
        await flush_until(notices, clock, lambda: "without 2" in chat.came)
    assert chat.came.count("picture") == 1


async def test_a_flood_is_waited_out_as_long_as_telegram_says(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.failing = [RetryAfter(30)]
    async with told_by(chat, clock, tmp_path) as (store, notices):
        await flush_until(notices, clock, lambda: not chat.failing)
        await flush_until_none_is_due(notices, store, clock, seconds=29)
        assert await due(store, clock, seconds=30) == ["report"]
        await flush_until(notices, clock, lambda: bool(chat.rows))
    assert chat.came.count("picture") == 2


async def test_a_report_comes_though_how_far_it_is_cannot_be_told(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.telling_fails = [ValueError("a fault of ours")] * 9
    async with told_by(chat, clock, tmp_path) as (_, notices):
        await flush_until(notices, clock, lambda: bool(chat.rows))
    assert len(chat.telling_fails) == 8, "it is not tried on"
    assert chat.came.count("picture") == 1


async def test_a_line_still_on_its_way_at_the_end_goes_too(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.line_waits.clear()
    async with told_by(chat, clock, tmp_path) as (_, notices):
        await flush_until(notices, clock, lambda: bool(chat.rows))
        chat.line_waits.set()
        await flush_until(notices, clock, lambda: "without 2" in chat.came)
    assert "of 30 rows" in chat.came[-2]


async def test_one_under_way_stays_beside_the_others_when_fewer_people_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, chat = FakeClock(NOW), Chat()
    chat.waits.clear()
    async with told_by(chat, clock, tmp_path) as (store, notices):
        await notices.flush()
        monkeypatch.setattr("bot.chat.report_notice.LARGE", PEOPLE)
        clock.advance(seconds=1)
        async with asyncio.timeout(5):
            await notices.flush()
        chat.waits.set()
        await flush_until_none_is_due(notices, store, clock, seconds=1e6)
    assert chat.rows
    assert chat.came.count("picture") == 1


async def all_that_came(tmp_path: Path) -> Chat:
    clock, chat = FakeClock(NOW), Chat()
    async with told_by(chat, clock, tmp_path) as (store, notices):
        await flush_until_none_is_due(notices, store, clock, seconds=1e6)
    return chat


def files_in(chat: Chat) -> list[str]:
    return [
        one.removeprefix("report-1-March") for one in chat.came if one.startswith(("report-1", "One row"))
    ]


async def test_a_file_that_is_too_large_for_telegram_is_packed_and_each_goes_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.report_notice.LARGEST_OUT", 1000)
    chat = await all_that_came(tmp_path)
    assert files_in(chat) == [".xlsx", ".csv.zip", plain("report.files", "en")]
    assert len(chat.rows) == 1 + PEOPLE


async def test_what_is_too_large_even_packed_is_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.report_notice.LARGEST_OUT", 100)
    assert files_in(await all_that_came(tmp_path)) == [".xlsx", plain("report.files.no_csv", "en")]


async def test_a_spreadsheet_that_is_full_goes_on_in_a_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.files.sheet_files.FULL", 0)
    assert files_in(await all_that_came(tmp_path)) == [".xlsx", "-2.xlsx", ".csv"]
