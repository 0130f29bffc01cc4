"""What is told by itself about an official number, to whom, and where its buttons lead."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.chat.announcer import ChatAnnouncer
from bot.chat.cloud_notices import template_changed
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.ids import AccountId, WorkspaceId
from domain.operators.model import Role
from domain.pacing.channel_limits import Quality
from domain.scheduler.events import CloudNumberChanged, Event, TemplateChanged, WebhookMissing
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import AYSE, DENIZ, Stage, stage
from tests.chat.team_chat import add, second_shop
from tests.fakes.cloud import SALE, a_cloud_account
from tests.fakes.stores import NOW


async def an_official_number(on: Stage, shop: Shop) -> tuple[Account, CloudAccount]:
    async with on.store.write() as unit:
        id = await a_cloud_account(unit, shop.space)
        account, cloud = await unit.accounts.account(id), await unit.cloud.account(id)
        await unit.commit()
    assert cloud is not None
    return account, cloud


async def announce(on: Stage, app: App, event: Event) -> None:
    async with on.store.write() as unit:
        await ChatAnnouncer(on.clock).announce(unit, event)
        await unit.commit()


async def test_whoever_may_only_look_is_told_and_offered_only_what_they_may(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, ayse, deniz = await open_shop(on), on.ayse, on.client.chat(DENIZ)
        await add(on, shop.space, DENIZ, Role.VIEWER)
        await enter(ayse)
        await enter(deniz)
        account, _ = await an_official_number(on, shop)
        await announce(on, app, WebhookMissing(account=account))
        notice = await ayse.wait_for("nobody's STOP is heard", fresh=False)
        assert notice.button_texts == ["🔗 Webhook", "🩺 Health"]
        theirs = await deniz.wait_for("nobody's STOP is heard", fresh=False)
        assert theirs.button_texts == ["🩺 Health"]
        await deniz.tap("Health", message=theirs)
        await deniz.wait_for("Quality: 🟢 green")


async def test_the_button_of_another_workspaces_notice_leads_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, ayse = await open_shop(on), on.ayse
        florist = await second_shop(on, AYSE)
        async with on.store.write() as unit:
            there = next(m for m in await unit.operators.members_of(AYSE) if m.workspace_id == florist)
            await unit.operators.choose(there.id, at=on.clock.now())
            await unit.commit()
        await enter(ayse)
        account, cloud = await an_official_number(on, shop)
        worse = replace(cloud, quality=Quality.YELLOW)
        await announce(on, app, CloudNumberChanged(account=account, before=cloud, after=worse))
        notice = await ayse.wait_for("now rates +447700900002 yellow", fresh=False)
        assert notice.words.startswith("Bakery\n")
        await ayse.tap("Health", message=notice)
        await ayse.wait_for_toast("You are in Bakery now")


ACCOUNT = Account(
    id=AccountId(1), workspace_id=WorkspaceId(1), channel=Channel.CLOUD, number="+447700900002",
    name="Bakery", remote="1", state=AccountState.CONNECTED, state_reason=None, state_at=NOW, is_default=True,
    created_at=NOW, next_send_at=None, news_cursor=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (None, "is not at WhatsApp any more"),
        (replace(SALE, status=TemplateStatus.DISABLED), "is disabled at WhatsApp now, and cannot be sent"),
        (replace(SALE, quality=Quality.RED), "is rated red by WhatsApp, and is not sent any more"),
        (replace(SALE, quality=Quality.YELLOW), "is rated yellow by WhatsApp: it is sent at half speed"),
        (replace(SALE, body="Hi {{1}}"), "was edited at WhatsApp: look whether its blanks"),
    ],
)
def test_each_change_of_a_template_has_its_own_words(after: MessageTemplate | None, words: str) -> None:
    told = template_changed(TemplateChanged(account=ACCOUNT, before=SALE, after=after, paused=()), "en")
    assert f"The template <b>sale</b> (en) {words}" in told.text
    assert [row[0].press.action for row in told.rows] == ["cloud.templates"]


def test_one_that_is_back_is_told_too() -> None:
    paused = replace(SALE, status=TemplateStatus.PAUSED)
    told = template_changed(TemplateChanged(account=ACCOUNT, before=paused, after=SALE, paused=()), "en")
    assert "can be sent again" in told.text
