"""A question or a panel of one workspace, met in another: nothing of it is done or shown there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxChat
from domain.campaigns.model import CampaignState
from domain.kernel.ids import WorkspaceId
from domain.operators.model import Role
from tests.chat.shop import HALTING, Shop, enter, open_campaign, open_shop
from tests.chat.stage import STRANGER, Stage, stage
from tests.chat.team_chat import add, second_shop, terms_grow_old

CAN = STRANGER
DROPPED = "I had asked you for something in another workspace. You are in"


@dataclass(frozen=True, kw_only=True)
class Two:
    """Can is a manager of Bakery, where he works, and the owner of Florist."""

    on: Stage
    shop: Shop
    florist: WorkspaceId
    ayse: SandboxChat
    can: SandboxChat

    async def remove_can(self) -> None:
        await self.ayse.say("/team")
        await self.ayse.tap("Can · manager")
        await self.ayse.tap("Remove")
        await self.ayse.tap("Remove them")
        await self.ayse.wait_for_toast("Can is removed")
        await self.can.wait_for("You are not in Bakery any more", fresh=False)

    async def names(self) -> set[str]:
        async with self.on.store.read() as unit:
            return {space.name for space in await unit.operators.workspaces()}

    async def people(self) -> dict[WorkspaceId, int]:
        async with self.on.store.read() as unit:
            return {
                space: sum((await unit.contacts.count(space)).values())
                for space in (self.shop.space, self.florist)
            }


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Two]:
    async with stage(folder) as on, on.running():
        shop, can = await open_shop(on), on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.MANAGER, name="Can")
        florist = await second_shop(on, CAN)
        ayse = on.ayse
        await enter(ayse)
        await enter(can)
        yield Two(on=on, shop=shop, florist=florist, ayse=ayse, can=can)


async def test_a_new_name_typed_after_being_removed_renames_nothing(tmp_path: Path) -> None:
    async with two(tmp_path) as here:
        can = here.can
        await can.say("/settings")
        await can.tap("Name")
        await can.wait_for("Bakery", fresh=False)
        await here.remove_can()
        await can.say("Roses")
        await can.wait_for(f"{DROPPED} Florist")
        assert await here.names() == {"Bakery", "Florist"}
        await can.say("Roses")
        await can.wait_for("I was not waiting for a text")


async def test_a_new_name_typed_after_new_terms_of_another_workspace_renames_nothing(tmp_path: Path) -> None:
    """Resume on a live message asks for the terms there, and leads there."""
    async with two(tmp_path) as here:
        shop, can = here.shop, here.can
        id = (await shop.draft(pacing=HALTING)).id
        await open_campaign(can)
        await can.tap("Go on")
        await can.tap("✅ Start")
        live = await can.wait_for(lambda m: m.message_id in can.pinned, fresh=False)
        await can.tap("Pause", message=live)
        await shop.until(id, CampaignState.PAUSED)
        await terms_grow_old(here.on, shop, CAN)
        await can.say("/settings")
        await can.tap("Switch workspace")
        await can.tap("Florist")
        await can.wait_for_toast("You are in Florist now")
        await can.say("/settings")
        await can.tap("Name")
        await can.wait_for("Florist", fresh=False)
        await can.tap("Resume", message=live)
        await can.wait_for("The terms have changed")
        await can.say("Roses")
        await can.wait_for(f"{DROPPED} Bakery")
        assert await here.names() == {"Bakery", "Florist"}


@pytest.mark.parametrize("what", ["a text", "a card", "a file"])
async def test_somebody_meant_for_one_workspace_is_not_added_to_another(tmp_path: Path, what: str) -> None:
    async with two(tmp_path) as here:
        can, before = here.can, await here.people()
        await can.say("/contacts")
        await can.tap("Add")
        await can.wait_for("number", fresh=False)
        await here.remove_can()
        if what == "a text":
            await can.say("+90 532 111 22 33 Eve")
        elif what == "a card":
            await can.contact("+905321112233", "Eve")
        else:
            await can.upload(b"number,name\n+905321112233,Eve\n", name="people.csv")
        await can.wait_for(f"{DROPPED} Florist")
        assert await here.people() == before
        async with here.on.store.read() as unit:
            assert await unit.imports.latest(here.florist) is None


async def test_what_one_was_looking_at_is_home_after_being_removed(tmp_path: Path) -> None:
    """The question named Bakery; a search would have looked in Florist."""
    async with two(tmp_path) as here:
        can = here.can
        await can.say("/settings")
        await can.tap("Name")
        asked = await can.wait_for(lambda m: "Bakery" in m.words and m.button_texts == ["⬅ Back"])
        await here.remove_can()
        await can.wait_for(
            lambda m: m.message_id == asked.message_id and "Bakery" not in m.words and "Florist" in m.words,
            fresh=False,
        )
