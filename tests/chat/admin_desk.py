"""Ayşe's bakery, and Deniz who runs the desk: what the conversations of admins share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.client import SandboxChat
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity
from domain.wallet.model import Wallet
from storage.tables import ledger, plan_changes
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import DENIZ, Stage, stage


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Ayşe owns the bakery; Deniz is an admin and a member of nothing."""

    on: Stage
    shop: Shop
    ayse: SandboxChat
    deniz: SandboxChat

    async def wallet(self) -> Wallet:
        async with self.on.store.read() as unit:
            return await unit.wallet.wallet(self.shop.space)

    async def log(self, space: WorkspaceId | None) -> list[Activity]:
        """What admins did, newest first."""
        async with self.on.store.read() as unit:
            lines, _ = await unit.activity.list(space, telegram_id=DENIZ, limit=50)
        return list(lines)

    async def both_logs(self) -> Activity:
        """The newest line of Deniz', which stands in the workspace's log and in the desk's."""
        ours, desks = (await self.log(self.shop.space))[0], (await self.log(None))[0]
        assert (ours.what, ours.before, ours.after) == (desks.what, desks.before, desks.after)
        assert desks.about == "Bakery" and desks.workspace_id is None
        return ours

    async def opens(self, *taps: str) -> None:
        """The bakery's page, and on from there."""
        await self.deniz.say("/admin")
        await self.deniz.wait_for("The desk")
        for words in ("Bakery", *taps):
            await self.deniz.tap(words)

    async def answers(self, text: str, then: str) -> str:
        await self.deniz.say(text)
        return (await self.deniz.wait_for(then)).words

    async def rows(self) -> int:
        """Ledger lines and plan changes."""
        async with self.on.store.read() as unit:
            counted = [len((await unit.chat._db.execute(t.select())).all()) for t in (ledger, plan_changes)]
        return sum(counted)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with stage(folder) as on, on.running():
        shop = await open_shop(on)
        at_desk = Desk(on=on, shop=shop, ayse=on.ayse, deniz=on.client.chat(DENIZ))
        await enter(at_desk.ayse)
        yield at_desk
