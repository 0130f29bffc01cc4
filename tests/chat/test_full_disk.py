"""The disk is full for a while: nothing is lost, the operator is told, and afterwards it goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from domain.campaigns.model import CampaignState
from domain.delivery.ports import SendOutcome
from tests.chat.shop import HALTING, enter, entered, number_of, open_campaign, open_shop
from tests.chat.stage import Stage, eventually, stage
from whatsapp.simulated.world import Parcel

NO_ROOM = "I cannot store anything right now"


@contextmanager
def nothing_can_be_written(on: Stage, *, but: str = "-") -> Iterator[None]:
    """Every write fails the way SQLite says it; `but` begins a statement that still finds room."""

    def refuse(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        writes = statement.split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE"}
        if writes and not statement.startswith(but):
            raise sqlite3.OperationalError("database or disk is full")

    engine = on.store._writer.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def _give_back_free_pages(file: str) -> None:
    with closing(sqlite3.connect(file, timeout=20)) as connection:
        connection.execute("VACUUM")


@asynccontextmanager
async def no_page_left(on: Stage) -> AsyncIterator[None]:
    """SQLite itself refuses to grow the file, in which no page is free either."""
    async with on.store.connection() as connection:
        file = (await connection.execute(text("PRAGMA database_list"))).one().file
        await connection.rollback()
    await asyncio.to_thread(_give_back_free_pages, file)
    async with on.store.connection() as connection:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {int(pages or 0)}"))
        await connection.rollback()
    try:
        yield
    finally:
        async with on.store.connection() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1073741823"))
            await connection.rollback()


async def test_what_is_said_while_the_disk_is_full_is_answered_when_there_is_room(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        with nothing_can_be_written(on):
            await chat.say("/contacts")
            await chat.wait_for(NO_ROOM)
            assert await on.client.updates_waiting() == 1
        await chat.wait_for("Contacts")
        assert len([m for m in chat.newest_first() if NO_ROOM in m.words]) == 1


async def test_sqlite_itself_out_of_pages_loses_nothing_either(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/new")
        await chat.tap("everybody")
        await chat.wait_for("2 of 7")
        long = "Hello {name}, " + "and so on " * 390
        async with no_page_left(on):
            await chat.say(long)
            await chat.wait_for(NO_ROOM)
        # There may have been room to store it, and none for what it does.
        await app.poller.deliver_left_over()
        await chat.wait_for("3 of 7")
        async with on.store.read() as unit:
            [draft], _ = await unit.campaigns.of_workspace(shop.space)
        assert draft.text == long.strip()


async def test_an_update_stored_before_the_disk_was_full_takes_effect_once_afterwards(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        with nothing_can_be_written(on, but="INSERT INTO chat_inbox"):
            await chat.say("/new")
            await chat.wait_for(NO_ROOM)
        for _ in range(2):  # as the clockwork does every half minute
            await app.poller.deliver_left_over()
            await app.lanes.drained()
        await chat.wait_for("1 of 7")
        async with on.store.read() as unit:
            assert (await unit.campaigns.of_workspace(shop.space))[1] == 1


async def test_a_campaign_stands_still_while_the_disk_is_full_and_then_reaches_everybody_once(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)

        async def recorded() -> bool:
            return (await shop.tally(id)).in_flight == 0

        await eventually(recorded, "the first outcome is recorded")
        with nothing_can_be_written(on):
            on.clock.advance(minutes=31)
            app.senders.poke(shop.account)
            assert await app.senders.drivers._slice(shop.account, asyncio.Event()) is not None
            assert len(shop.got()) == 1
        for n in (2, 3):
            await shop.until_got(n)
            on.clock.advance(minutes=31)
        await shop.until(id, CampaignState.COMPLETED)
        assert shop.got() == [(number_of(n), f"Hello Person {n}") for n in range(3)]


async def test_a_full_disk_between_sending_and_recording_leaves_it_to_the_receipt(tmp_path: Path) -> None:
    """The message is out and cannot be noted: it is never sent again, and the receipt tells the rest."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, people=1), on.ayse
        await enter(chat)
        full, is_full = nothing_can_be_written(on), asyncio.Event()
        send = on.world.send

        async def send_and_fill(account: str, parcel: Parcel) -> SendOutcome:
            outcome = await send(account, parcel)
            full.__enter__()
            is_full.set()
            return outcome

        on.world.send = send_and_fill  # type: ignore[method-assign]
        id = await shop.start()
        await is_full.wait()
        await chat.say("/help")
        await chat.wait_for(NO_ROOM)
        full.__exit__(None, None, None)
        on.clock.advance(minutes=6)
        await shop.until(id, CampaignState.COMPLETED)

        async def is_delivered() -> bool:
            return "Delivered 1" in (await open_campaign(chat)).words

        await eventually(is_delivered, "the receipt is told")
        assert len(shop.got()) == 1
