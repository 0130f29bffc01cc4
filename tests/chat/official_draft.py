"""A campaign over the official channel, as far as its draft or under way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat.codec import Press
from domain.campaigns.model import Campaign, CampaignState
from tests.chat.campaign_parts import list_of
from tests.chat.official import Official, official


@asynccontextmanager
async def official_campaigns(folder: Path) -> AsyncIterator[Official]:
    """With an official number, which campaigns leave from by themselves."""
    async with official(folder) as opened:
        account, _ = await opened.add()
        await opened.ayse.press(Press(action="link.default", id=account.id))
        yield opened


async def begin(on: Official, people: int = 3) -> None:
    """A draft to so many, at its message."""
    await list_of(on.ayse, people)
    await on.ayse.command("new")
    await on.ayse.tap("Customers")
    await on.ayse.tap("Cloud API")


async def filled(on: Official) -> None:
    """The template `welcome` chosen and filled; at the preview."""
    await begin(on)
    await on.ayse.tap("welcome")
    await on.ayse.tap("✏️ {{code}}")
    await on.ayse.tap("no")
    await on.ayse.tap("Continue")


async def at_review(on: Official) -> Campaign:
    await filled(on)
    for step in ("Continue", "Continue", "Continue"):
        await on.ayse.tap(step)
    assert await on.ayse.at() == "review"
    return await on.ayse.campaign()


async def running(on: Official) -> Campaign:
    await at_review(on)
    await on.ayse.tap("✅ Start")
    campaign = await on.ayse.campaign()
    assert campaign.state is CampaignState.RUNNING
    return campaign


async def at_whatsapp(on: Official, name: str, **change: object) -> None:
    """Something about a template changes there, and is fetched."""
    _, cloud = await on.account()
    async with on.ayse.store.read() as unit:
        known = await unit.cloud.templates(cloud.waba_id)
    id = next(one.id for one in known if one.name == name)
    await on.whatsapp.control("POST", f"templates/{id}", dict(change))
    await on.numbers.refresh(cloud.account_id)
