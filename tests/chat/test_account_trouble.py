"""The account's own trouble: restricted, failing three times in a row, short failures that pass."""

from pathlib import Path

from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState as R
from tests.chat.shop import HALTING, enter, number_of, open_campaign, open_shop
from tests.chat.stage import Stage, stage
from whatsapp.simulated.behaviour import FaultKind


async def state_of_account(on: Stage) -> AccountState:
    async with on.store.read() as unit:
        [account] = await unit.accounts.all()
    return account.state


async def test_a_restriction_pauses_every_campaign_of_the_account_and_names_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        spring = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        summer = await shop.start(text="Summer, {name}", pacing=HALTING, name="Summer")
        on.world.script(None, FaultKind.RESTRICTION)
        on.clock.advance(minutes=31)
        for id in (spring, summer):
            assert (await shop.until(id, CampaignState.PAUSED)).pause_reason == "restricted"
        notice = await chat.wait_for("🚫 WhatsApp has restricted", fresh=False)
        assert "Spring" in notice.words and "Summer" in notice.words
        assert await state_of_account(on) is AccountState.RESTRICTED
        on.clock.advance(hours=2)
        assert len(shop.got()) == 1


async def test_after_a_restriction_it_is_linked_again_and_resumed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.RESTRICTION)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        on.clock.advance(minutes=31)
        await shop.until(id, CampaignState.PAUSED)
        notice = await chat.wait_for("🚫 WhatsApp has restricted", fresh=False)
        panel = await open_campaign(chat)
        assert "wait until then, and do not link it again" in panel.words
        live = await chat.wait_for(lambda m: "✖ Cancel" in m.button_texts and m is not panel, fresh=False)
        assert not {"▶️ Resume"} & {*panel.button_texts, *live.button_texts}
        await chat.tap("📱 WhatsApp", message=notice)
        await chat.wait_for("restricted by WhatsApp")
        await chat.tap(f"Link {shop.number} again")
        await chat.wait_for_toast("is linked")
        assert await state_of_account(on) is AccountState.CONNECTED
        assert (await shop.campaign(id)).state is CampaignState.PAUSED
        panel = await open_campaign(chat)
        await chat.tap("Resume", message=panel)
        await shop.until(id, CampaignState.RUNNING)
        on.clock.advance(minutes=31)
        await shop.until(id, CampaignState.COMPLETED)
        assert [number for number, _ in shop.got()] == [number_of(0), number_of(2)]
        assert await shop.states(id) == {R.DELIVERED: 2, R.FAILED: 1}


async def test_an_account_unlinked_from_the_phone_pauses_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        await on.world.turn(shop.remote, "unlinked")
        await shop.until(id, CampaignState.PAUSED)
        notice = await chat.wait_for("📵", fresh=False)
        assert "Paused: Spring" in notice.words
        await on.world.turn(shop.remote, "connected")
        await chat.wait_for("Paused campaigns wait for your Resume", fresh=False)


async def test_three_failures_in_a_row_pause_with_the_reason_and_resume_reaches_everybody(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(None, FaultKind.TEMPORARY, times=3)
        id = await shop.start()
        assert (await shop.until(id, CampaignState.PAUSED)).pause_reason == "failures"
        await chat.wait_for("was paused: WhatsApp had a short trouble, three times in a row", fresh=False)
        assert shop.got() == []
        on.clock.advance(minutes=1)
        panel = await open_campaign(chat)
        assert "paused (WhatsApp had a short trouble, three times in a row)" in panel.words
        await chat.tap("Resume", message=panel)
        await shop.until(id, CampaignState.COMPLETED)
        assert shop.got() == [(number_of(n), f"Hello Person {n}") for n in range(3)]


async def test_a_short_failure_is_tried_again_after_30_seconds_and_not_before(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.TEMPORARY)
        id = await shop.start()
        await shop.until_tried(id, number_of(1), 1)
        on.clock.advance(seconds=25)
        await app.senders.drivers.slices.run(shop.account)
        assert (await shop.tally(id)).left == 1
        assert len(shop.got()) == 2
        on.clock.advance(seconds=6)
        await shop.until(id, CampaignState.COMPLETED)
        assert shop.got() == [(number_of(n), f"Hello Person {n}") for n in range(3)]


async def test_somebody_not_on_whatsapp_fails_at_once_and_holds_up_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(0), FaultKind.NOT_ON_WHATSAPP)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        report = await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        assert "Failed 1" in report.words and "Not on WhatsApp: 1" in report.words
        assert not any("Retry failed" in text for text in report.button_texts)
        assert len(shop.got()) == 2


async def test_a_number_that_keeps_failing_is_tried_four_times_at_most(tmp_path: Path) -> None:
    """Each of its failures is the account's fault, yet one person's do not stop a campaign."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.TEMPORARY, times=9)
        id = await shop.start()
        for tries in (1, 2, 3):
            await shop.until_tried(id, number_of(1), tries)
            on.clock.advance(seconds=121)
        await shop.until(id, CampaignState.COMPLETED)
        assert await shop.states(id) == {R.DELIVERED: 2, R.FAILED: 1}
        assert len(shop.got()) == 2
