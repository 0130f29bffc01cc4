"""Nobody knows whether it arrived: shown, never resent by itself, resolved by a receipt or a person."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState as R
from domain.kernel.ids import CampaignId
from tests.chat.shop import Shop, enter, number_of, open_campaign, open_shop
from tests.chat.stage import Stage, eventually, stage
from whatsapp.simulated.behaviour import FaultKind


async def ended_with_one_unknown(on: Stage, shop: Shop) -> tuple[SandboxChat, CampaignId, ShownMessage]:
    """Three people, of whom Person 1 may or may not have got it (they did not). The report is on screen."""
    chat = on.ayse
    await enter(chat)
    on.world.script(number_of(1), FaultKind.SILENCE_BEFORE_TAKING)
    id = await shop.start()
    await shop.until(id, CampaignState.COMPLETED)
    report = await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
    return chat, id, report


async def test_an_unknown_outcome_is_shown_and_never_sent_again_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        async with on.running() as app:
            chat, id, report = await ended_with_one_unknown(on, shop)
            assert "Unknown 1" in report.words and "1 may or may not have arrived" in report.words
            on.clock.advance(hours=1)
            await app.senders.drivers.slices.run(shop.account)
        async with on.running() as app:
            await app.senders.drivers.slices.run(shop.account)
            await chat.tap("Unknown (1)", message=report)
            await chat.wait_for("Nothing is sent again by itself")
            await chat.tap("Show")
            shown = await chat.wait_for(number_of(1))
            assert "Person 1" in shown.words and "the line broke while sending" in shown.words
        assert len(shop.got()) == 2
        assert (await shop.tally(id)).unknown == 1


async def test_count_as_sent_asks_once_and_counts(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat, id, report = await ended_with_one_unknown(on, shop)
        await chat.tap("Unknown (1)", message=report)
        await chat.tap("Count as sent")
        question = await chat.wait_for("Count 1 person as sent?")
        assert question.button_texts[0] == "Leave them unknown"
        await chat.tap("Count 1 as sent", message=question)
        await chat.wait_for_toast("1 person counted as sent")
        tally = await shop.tally(id)
        assert (tally.sent, tally.unknown) == (3, 0)
        assert len(shop.got()) == 2


async def test_send_again_says_what_it_risks_and_reaches_them_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat, id, report = await ended_with_one_unknown(on, shop)
        await chat.tap("Unknown (1)", message=report)
        await chat.tap("Send again")
        await chat.wait_for("Whoever got the first message will get it twice")
        await chat.tap("Make a draft for 1")
        review = await chat.wait_for("check it once more")
        assert "1 person can get it" in review.words
        await chat.tap("✅ Start", message=review)
        await shop.until_got(3)
        assert await shop.states(id) == {R.DELIVERED: 2, R.FAILED: 1}
        assert sorted({number for number, _ in shop.got()}) == [number_of(n) for n in range(3)]
        again = await chat.tap_data(report.message_id, data_of(report, "Unknown (1)"))
        await chat.wait_answered(again)
        assert len(shop.got()) == 3


def data_of(message: ShownMessage, label: str) -> str:
    return next(str(b["callback_data"]) for b in message.buttons if label in b["text"])


async def test_while_it_runs_send_again_needs_no_new_campaign(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.SILENCE_BEFORE_TAKING)
        on.world.script(number_of(2), FaultKind.TEMPORARY)
        id = await shop.start()
        await shop.until_got(1)
        await chat.say("/campaigns")
        await chat.tap("Spring")
        await chat.tap("Unknown (1)")
        await chat.tap("Send again")
        await chat.tap("Send to 1 again")
        await chat.wait_for_toast("1 person will be sent to again")
        await shop.until_got(2)
        on.clock.advance(seconds=31)
        await shop.until(id, CampaignState.COMPLETED)
        assert shop.got() == [(number_of(n), f"Hello Person {n}") for n in range(3)]


async def test_a_late_receipt_resolves_what_was_unknown(tmp_path: Path) -> None:
    """The phone took it and the answer was lost; the receipt says so later."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.SILENCE_AFTER_TAKING)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)

        async def resolved() -> bool:
            return await shop.states(id) == {R.DELIVERED: 3}

        await eventually(resolved, "the receipt is known")
        panel = await open_campaign(chat)
        assert "Sent 3 · Delivered 3" in panel.words and "Unknown 0" in panel.words
        assert not [text for text in panel.button_texts if "Unknown" in text]
        assert len(shop.got()) == 3


async def test_a_late_receipt_and_count_as_sent_do_not_count_twice(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat, id, report = await ended_with_one_unknown(on, shop)
        await chat.tap("Unknown (1)", message=report)
        await chat.tap("Count as sent")
        question = await chat.wait_for("Count 1 person as sent?")
        data = data_of(question, "Count 1 as sent")
        await chat.wait_answered(await chat.tap_data(question.message_id, data))
        await chat.wait_answered(await chat.tap_data(question.message_id, data))
        assert (await shop.tally(id)).sent == 3
