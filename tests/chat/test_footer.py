"""The line that says how to stop, where a web campaign is written, previewed, tested and reviewed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import Campaign
from domain.kernel.ids import AttemptKey
from storage.database import Database
from tests.chat.campaign_desk import Operator
from tests.chat.campaign_parts import draft
from tests.chat.drawn import labels
from tests.fakes.stores import NOW, open_store

FOOTER = "Reply STOP to stop"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def from_the_web(ayse: Operator) -> Campaign:
    made = await draft(ayse)
    async with ayse.store.write() as unit:
        web = await unit.accounts.create(
            workspace_id=ayse.home, channel=Channel.WEB, number="+34612345678", name="", remote="web-1",
            state=AccountState.CONNECTED, at=NOW,
        )  # fmt: skip
        known = await unit.campaigns.any(made.id)
        saved = await unit.campaigns.save(replace(known, account_id=web), expected=known.version)
        await unit.operators.set_test_number(ayse.member_id, "+905321112233")
        await unit.commit()
    return saved


async def test_it_is_shown_tested_turned_off_and_on(ayse: Operator) -> None:
    made = await from_the_web(ayse)
    await ayse.press(Press(action="dr.message", id=made.id))
    view = await ayse.look()
    assert f"“{FOOTER}” is added below it" in view.text
    assert f"{4096 - len(FOOTER) - 2:,}" in view.text
    await ayse.press(Press(action="dr.preview", id=made.id))
    view = await ayse.look()
    assert f"\n\n{FOOTER}</blockquote>" in view.text
    await ayse.tap("Send me a test")
    async with ayse.store.read() as unit:
        sent = await unit.delivery.direct_by_key(AttemptKey("desk-d1"))
    assert sent is not None
    assert sent.text.endswith(f"\n\n{FOOTER}")
    view = await ayse.tap("Footer: on")
    assert FOOTER not in view.text
    assert any("Footer: off" in one for one in labels(view))
    await ayse.press(Press(action="dr.footer", id=made.id, rev=made.version))
    assert ayse.refused is not None, "an old button changes nothing"
    await ayse.tap("Footer: off")
    await ayse.press(Press(action="dr.review", id=made.id))
    assert FOOTER in (await ayse.look()).text


async def test_where_the_channel_has_none_there_is_nothing_to_choose(ayse: Operator) -> None:
    made = await draft(ayse)
    await ayse.press(Press(action="dr.preview", id=made.id))
    view = await ayse.look()
    assert FOOTER not in view.text
    assert not any("Footer" in one for one in labels(view))
