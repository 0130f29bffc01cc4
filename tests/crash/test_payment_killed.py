"""Points bought with Stars, and the bot killed with -9 between the payment and its credit.

At each place where it can happen: the payment still with Telegram, stored and not worked, credited and not
confirmed to Telegram. And a refund killed between Telegram's doing and our knowing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.shown import ShownMessage
from domain.kernel.ids import WorkspaceId
from domain.wallet import buying
from domain.wallet.model import Entry, EntryKind
from domain.wallet.orders import Payment, PaymentState
from storage.database import Database
from storage.tables import notices
from tests.chat.stage import AYSE, register
from tests.crash.processes import Process, bot_environment, sandbox_process

BOT_ID = 7_000_000_001


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The bot's process, Telegram's, and a look into the database."""

    bot: Process
    client: SandboxClient
    chat: SandboxChat
    database: Database

    async def bought(self) -> list[Entry]:
        async with self.database.read() as unit:
            entries = [entry async for entry in unit.wallet.stream_entries(WorkspaceId(1))]
        return [entry for entry in entries if entry.kind in {EntryKind.PURCHASE, EntryKind.REFUND}]

    async def payments(self) -> list[Payment]:
        async with self.database.read() as unit:
            found, _ = await unit.orders.payments(WorkspaceId(1))
        return list(found)

    async def waiting(self) -> list[str]:
        """What the inbox holds that is not worked, by what is in it."""
        async with self.database.read() as unit:
            rows = await unit.chat.waiting_updates(BOT_ID)
        return [key for row in rows for key in row.payload.get("message", row.payload)]

    async def receipts(self) -> list[str]:
        async with self.database.read() as unit:
            rows = await unit.chat._db.execute(notices.select().where(notices.c.key.like("receipt:%")))
            return [row.key for row in rows]

    async def until(self, true: Callable[[], Awaitable[bool]], what: str) -> None:
        for _ in range(6000):
            assert self.bot.running, self.bot.log.read_text()[-4000:]
            if await true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never: {what}\n{self.bot.log.read_text()[-4000:]}")

    async def nothing_waits(self) -> bool:
        return not await self.client.updates_waiting() and not await self.waiting()

    async def invoice(self) -> ShownMessage:
        await self.chat.say("/balance")
        await self.chat.tap("Buy points")
        await self.chat.tap("500 points")
        return await self.chat.wait_for(lambda m: m.view["invoice"] is not None)

    async def kill_and_start(self) -> None:
        await self.bot.kill()
        await self.client.clear_faults()
        await self.bot.start()

    async def must_be_credited_once(self) -> None:
        await self.chat.wait_for("⭐250 paid", fresh=False, timeout=60)
        await self.until(self.nothing_waits, "everything is worked")
        [entry] = await self.bought()
        [payment] = await self.payments()
        assert (entry.points, entry.key) == (500, f"charge:{payment.charge_id}")
        assert payment.state is PaymentState.CREDITED
        assert await self.receipts() == [f"receipt:{payment.charge_id}"]
        async with self.database.read() as unit:
            assert (await unit.wallet.wallet(WorkspaceId(1))).balance == 1000


async def polls(client: SandboxClient, bot: Process) -> None:
    """Until the bot is there: on a busy machine that takes longer than a person waits for a button."""
    async with asyncio.timeout(60):
        while not await client.journal("getUpdates"):
            assert bot.running, bot.log.read_text()[-4000:]
            await asyncio.sleep(0.05)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """With a member who owns its one workspace and the 500 points that everybody begins with."""
    async with sandbox_process(folder) as url, SandboxClient(url) as client:
        bot = Process(["run"], bot_environment(url, folder, TRIAL_POINTS="500"), folder / "bot.log")
        await bot.start()
        try:
            await polls(client, bot)
            await register(client.chat(AYSE))
            async with Database.open(f"sqlite+aiosqlite:///{folder / 'data' / 'masssender.db'}") as database:
                yield Desk(bot=bot, client=client, chat=client.chat(AYSE), database=database)
        finally:
            await bot.kill()


@pytest.mark.crash
async def test_killed_while_the_payment_is_still_with_telegram(tmp_path: Path) -> None:
    async with desk(tmp_path) as on:
        invoice = await on.invoice()
        # The poll under way brings the question; those after it bring nothing.
        await on.client.fault("error", "getUpdates", status=502, times=None)
        assert (await on.chat.pay(invoice))["paid"]
        assert await on.client.updates_waiting() > 0
        assert await on.payments() == []
        await on.kill_and_start()
        await on.must_be_credited_once()


@pytest.mark.crash
async def test_killed_when_the_payment_is_stored_and_not_worked(tmp_path: Path) -> None:
    """The chat's lane is held up by a tap that Telegram is slow to take the answer of; the question before
    the payment is answered ahead of it."""
    async with desk(tmp_path) as on:
        invoice = await on.invoice()
        await on.client.fault("delay", "answerCallbackQuery", seconds=60, times=None)
        await on.chat.tap("500 points")

        async def answering() -> bool:
            async with on.database.read() as unit:
                rows = await unit.chat._db.execute(notices.select().where(notices.c.kind == "invoice"))
                return len(rows.all()) == 2

        await on.until(answering, "the tap has taken effect")
        assert (await on.chat.pay(invoice))["paid"]

        async def stored() -> bool:
            return "successful_payment" in await on.waiting()

        await on.until(stored, "the payment is in the inbox")
        assert await on.payments() == []
        await on.kill_and_start()
        await on.must_be_credited_once()


@pytest.mark.crash
async def test_killed_when_it_is_credited_and_telegram_does_not_know(tmp_path: Path) -> None:
    """The payment comes again with the next start."""
    async with desk(tmp_path) as on:
        invoice = await on.invoice()
        # The poll under way brings the question, the next one the payment; nothing is confirmed after it.
        await on.client.fault("error", "getUpdates", status=502, times=None, skip=1)
        assert (await on.chat.pay(invoice))["paid"]

        async def credited() -> bool:
            return len(await on.bought()) == 1

        await on.until(credited, "the payment is credited")
        assert await on.client.updates_waiting() > 0
        await on.kill_and_start()
        await on.must_be_credited_once()


@pytest.mark.crash
async def test_a_refund_killed_before_telegrams_answer_is_known_is_done_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as on:
        assert (await on.chat.pay(await on.invoice()))["paid"]
        await on.must_be_credited_once()
        [payment] = await on.payments()
        # Telegram gives the Stars back and is never heard of again; nor are its updates.
        await on.client.fault("silence", "refundStarPayment", times=None)
        await on.client.fault("error", "getUpdates", status=502, times=None)
        async with on.database.write() as unit:
            await buying.refund(unit, payment.charge_id, at=datetime.now(UTC))
            await unit.commit()
        # It looks by itself when nobody pokes it, every half minute: a restart does, too.
        await on.bot.kill()
        await on.bot.start()

        async def asked() -> bool:
            return bool(await on.client.journal("refundStarPayment"))

        await on.until(asked, "Telegram was asked")
        assert [one.state for one in await on.payments()] == [PaymentState.REFUNDING]
        await on.kill_and_start()

        async def refunded() -> bool:
            return [one.state for one in await on.payments()] == [PaymentState.REFUNDED]

        await on.until(refunded, "it is refunded")
        await on.until(on.nothing_waits, "everything is worked")
        assert [entry.points for entry in await on.bought()] == [500, -500]
