"""A plan that ends, or a suspension, while the whole desk is at work."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from domain.campaigns.model import PauseReason
from domain.delivery.recipients import RecipientState as R
from domain.operators.model import TERMS_VERSION, Role
from tests.chat.plan_parts import S, plan_ends_in
from tests.chat.shop import HALTING, Shop, enter, number_of, open_campaign, open_shop
from tests.chat.stage import DENIZ, Stage, stage


async def with_deniz(on: Stage, shop: Shop, role: Role) -> SandboxChat:
    async with on.store.write() as unit:
        deniz = await unit.operators.create_member(
            workspace_id=shop.space, telegram_id=DENIZ, name="Deniz", role=role, at=on.clock.now()
        )
        await unit.operators.accept_terms(deniz, version=TERMS_VERSION, at=on.clock.now())
        await unit.commit()
    return on.client.chat(DENIZ)


async def test_a_plan_that_ends_while_a_campaign_runs_pauses_it_tells_and_goes_on_with_the_next(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        async with on.store.write() as unit:
            await plan_ends_in(unit, shop.space, 0, on)
            await unit.commit()
        deniz = await with_deniz(on, shop, Role.MANAGER)
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await enter(deniz)
            id = await shop.start(pacing=HALTING)
            await shop.until_got(1)
            on.clock.advance(days=1)
            campaign = await shop.until(id, S.PAUSED)
            assert campaign.pause_reason is PauseReason.PLAN_ENDED
            notice = await chat.wait_for("has ended. Paused: Spring", fresh=False)
            assert notice.button_texts == ["💳 Balance"]
            notice = await deniz.wait_for("Ask the owner to buy a plan", fresh=False)
            assert notice.button_texts == []
            live = await chat.wait_for(lambda m: "paused (the plan had ended)" in m.words, fresh=False)
            assert not any("Resume" in text for text in live.button_texts)
            assert len(shop.got()) == 1
            async with on.store.write() as unit:
                await unit.wallet.change_plan(shop.space, 15, key="bought", at=on.clock.now())
                await unit.commit()
            panel = await open_campaign(chat)
            assert "It can go on" in panel.words
            await chat.tap("Resume", message=panel)
            await shop.until(id, S.RUNNING)
            for got in (2, 3):
                on.clock.advance(minutes=31)
                await shop.until_got(got)
            await shop.until(id, S.COMPLETED)
        assert [number for number, _ in shop.got()] == [number_of(n) for n in range(3)]
        assert await shop.states(id) == {R.DELIVERED: 3}
        async with on.store.read() as unit:
            wallet = await unit.wallet.wallet(shop.space)
        assert (wallet.balance, wallet.held) == (1_000_000 - 3, 0)


def count(chat: SandboxChat, words: str) -> int:
    return sum(words in message.words for message in chat.newest_first())


async def test_a_reminder_comes_once_whatever_is_restarted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.store.write() as unit:
            await plan_ends_in(unit, shop.space, 1, on)
            await unit.commit()
        async with on.running():
            await enter(chat)
            notice = await chat.wait_for("The plan of Bakery ends on", fresh=False)
            assert notice.button_texts == ["💳 Balance"]
        async with on.running() as app:
            await enter(chat)
            await app.plans.tick(on.clock.now())
            await app.notices.flush()
            await chat.refresh()
            assert count(chat, "ends on") == 1
            on.clock.advance(days=1)
            await app.plans.tick(on.clock.now())
            await app.notices.flush()
            await chat.refresh()
            assert count(chat, "ends on") == 2
            on.clock.advance(days=1)
            await app.plans.tick(on.clock.now())
            await app.plans.tick(on.clock.now())
            await app.notices.flush()
            await chat.wait_for("has ended", fresh=False)
            assert (count(chat, "ends on"), count(chat, "has ended")) == (2, 1)


async def test_a_plan_that_ended_while_the_bot_was_down_is_told_at_its_start_and_nothing_is_sent(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
        id = await shop.start()
        async with on.store.write() as unit:
            await plan_ends_in(unit, shop.space, -5, on)
            await unit.commit()
        async with on.running():
            await chat.wait_for("has ended. Paused: Spring", fresh=False)
            await shop.until(id, S.PAUSED)
        assert shop.got() == []


async def test_a_suspension_stops_a_campaign_and_is_told_with_its_reason(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        async with on.store.write() as unit:
            await unit.operators.suspend(shop.space, why="complaints", at=on.clock.now())
            await unit.commit()
        on.clock.advance(minutes=31)
        assert (await shop.until(id, S.PAUSED)).pause_reason is PauseReason.SUSPENDED
        await chat.wait_for("suspended sending for Bakery: complaints. Paused: Spring", fresh=False)
        assert len(shop.got()) == 1
        async with on.store.write() as unit:
            await unit.operators.suspend(shop.space, why=None, at=None)
            await unit.commit()
        panel = await open_campaign(chat)
        await chat.tap("Resume", message=panel)
        await shop.until(id, S.RUNNING)
