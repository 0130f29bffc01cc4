"""What people promised is called to mind where it matters: at the import, at the start, at a higher speed;
and a viewer is told whom to ask."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from bot.chat.view import View
from bot.screens.base import SCREENS
from bot.texts import plain, say
from domain.campaigns.model import Campaign
from domain.operators.model import Role
from domain.pacing.rules import GENTLE, NORMAL, Pacing
from storage.database import Database
from tests.chat.campaign_desk import Operator
from tests.chat.drawn import labels
from tests.fakes.stores import a_campaign, a_list, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def draft(ayse: Operator, *, pacing: Pacing = NORMAL, people: int = 2) -> Campaign:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        campaign = await unit.campaigns.save(replace(campaign, pacing=pacing), expected=campaign.version)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def home_of(ayse: Operator) -> View:
    async with ayse.store.read() as unit:
        return await SCREENS["home"](await ayse.scene(unit), {})


FASTER = plain("speed.faster")


async def test_a_higher_speed_is_warned_of(ayse: Operator) -> None:
    await draft(ayse, pacing=GENTLE)
    await ayse.tap("Speed")
    await ayse.tap("Normal")
    assert ayse.toast == FASTER


async def test_a_lower_or_the_same_speed_is_not(ayse: Operator) -> None:
    await draft(ayse, pacing=NORMAL)
    for choice in ("Normal", "Gentle"):
        await ayse.tap("Speed")
        await ayse.tap(choice)
        assert ayse.toast is None


async def test_a_typed_speed_is_warned_of_above_the_next_screen(ayse: Operator) -> None:
    await draft(ayse, pacing=GENTLE)
    await ayse.tap("Speed")
    await ayse.type("8-15")
    assert (await ayse.panel()).args["note"] == FASTER
    await ayse.tap("Speed")
    await ayse.type("40")
    assert "note" not in (await ayse.panel()).args


async def test_the_review_calls_the_promise_to_mind_where_it_can_be_started(ayse: Operator) -> None:
    reminder = say("review.reminder").strip()
    await draft(ayse)
    assert reminder in (await ayse.look()).text
    await draft(ayse, people=0)
    assert reminder not in (await ayse.look()).text


def test_the_question_after_an_import_does_too() -> None:
    assert "you answer for what you send" in say("import.ask_consent", file="f", counts="c")


async def test_a_viewer_of_an_empty_workspace_is_told_whom_to_ask(ayse: Operator) -> None:
    assert "Now send me the file" in (await home_of(ayse)).text
    async with ayse.store.write() as unit:
        await unit.operators.set_role(ayse.member_id, Role.VIEWER)
        await unit.commit()
    home = await home_of(ayse)
    assert "ask your manager" in home.text
    assert not {"📱 Link WhatsApp", "👥 Import contacts", "➕ New campaign"} & set(labels(home))
