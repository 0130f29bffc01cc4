"""Which numbers of a campaign are on WhatsApp, asked for before it starts."""

from datetime import timedelta
from pathlib import Path

from bot.app import App
from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.checks import CheckJob, CheckState
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState as R
from domain.kernel.ids import CampaignId
from tests.chat.link_parts import a_web_shop
from tests.chat.shop import HALTING, Shop, enter, number_of, open_shop
from tests.chat.stage import Stage, eventually, stage


async def to_the_review(chat: SandboxChat) -> ShownMessage:
    await chat.say("/campaigns")
    await chat.tap("Spring")
    await chat.tap("Go on")
    return await chat.wait_for("check it once more")


async def job_of(on: Stage, id: CampaignId) -> CheckJob | None:
    async with on.store.read() as unit:
        return await unit.checks.latest(id)


async def until(on: Stage, id: CampaignId, *, done: int, state: CheckState = CheckState.RUNNING) -> CheckJob:
    async def is_so() -> bool:
        job = await job_of(on, id)
        return job is not None and job.done == done and job.state is state

    await eventually(is_so, f"{done} are checked, and it is {state}")
    job = await job_of(on, id)
    assert job is not None
    return job


def later(on: Stage, app: App, **span: float) -> None:
    on.clock.advance(**span)
    app.checker.poke()


def somewhere(on: Stage, people: int, *, off: int = 0, unsaid: int = 0) -> None:
    """Everybody is on WhatsApp but the first few, and those of whom WhatsApp says nothing after them."""
    on.web.registered = {number_of(n): n >= off for n in range(people) if not off <= n < off + unsaid}


async def test_the_review_offers_to_check_and_shows_what_came_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_web_shop(on, people=18)
        somewhere(on, 18, off=2, unsaid=1)
        draft = await shop.draft()
        chat = on.ayse
        await enter(chat)
        review = await to_the_review(chat)
        assert "Nobody has looked yet" in review.words
        assert review.button_texts[:2] == ["🔎 Check the numbers first", "✅ Start"]
        await chat.tap("Check the numbers first")
        shown = await chat.wait_for("All of them are checked", fresh=False)
        assert "15 are on WhatsApp" in shown.words and "2 are not" in shown.words
        assert "1 unknown" in shown.words
        await until(on, draft.id, done=18, state=CheckState.DONE)
        await chat.tap("Back")
        again = await chat.wait_for("18 of 18 numbers checked: 15 are on WhatsApp, 2 are not, 1 unknown")
        assert "2 not on WhatsApp" in again.words and "🔎 Check the numbers first" not in again.button_texts
        async with on.store.read() as unit:
            log, _ = await unit.activity.list(shop.space)
        assert "campaign.checked" in {line.what for line in log}


async def test_who_is_not_on_whatsapp_is_left_out_at_the_start_and_the_reason_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_web_shop(on, people=4)
        somewhere(on, 4, off=2)
        draft = await shop.draft()
        chat = on.ayse
        await enter(chat)
        await to_the_review(chat)
        await chat.tap("Check the numbers first")
        await chat.wait_for("All of them are checked", fresh=False)
        await chat.tap("Back")
        await chat.tap("✅ Start")
        await shop.until(draft.id, CampaignState.COMPLETED)
        assert [number for number, _ in shop.got()] == [number_of(2), number_of(3)]
        async with on.store.read() as unit:
            tally = await unit.delivery.tally(draft.id)
            rows = await unit.delivery.recipients(draft.id, limit=10)
        assert tally.excluded == {"not_on_whatsapp": 2}
        assert [row.number for row in rows if row.state is R.EXCLUDED] == [number_of(0), number_of(1)]


async def test_fifty_at_a_time_with_rests_and_200_a_day_and_the_rest_goes_on_tomorrow(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, cap=1000) as on, on.running() as app:
        shop = await a_web_shop(on, people=230)
        somewhere(on, 230)
        draft = await shop.draft()
        chat = on.ayse
        await enter(chat)
        await to_the_review(chat)
        await chat.tap("Check the numbers first")
        for done in (50, 100, 150):
            job = await until(on, draft.id, done=done)
            assert timedelta(seconds=10) < job.next_at - on.clock.now() <= timedelta(seconds=40)
            await chat.wait_for(f"{done} of 230", fresh=False)
            later(on, app, seconds=41)
        await until(on, draft.id, done=200)
        later(on, app, seconds=41)
        told = await chat.wait_for(
            "30 are left. A number asks WhatsApp for 200 in 24 hours at most", fresh=False
        )
        assert "it goes on by itself at" in told.words
        assert [len(numbers) for numbers in on.web.checked] == [50, 50, 50, 50]
        later(on, app, hours=23)
        assert len(on.web.checked) == 4
        later(on, app, hours=1, minutes=2)
        await until(on, draft.id, done=230, state=CheckState.DONE)
        assert sum(map(len, on.web.checked)) == 230
        assert len({number for numbers in on.web.checked for number in numbers}) == 230


async def test_a_check_can_be_stopped_and_what_is_known_stays_known(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop = await a_web_shop(on, people=60)
        somewhere(on, 60)
        draft = await shop.draft()
        chat = on.ayse
        await enter(chat)
        await to_the_review(chat)
        await chat.tap("Check the numbers first")
        await until(on, draft.id, done=50)
        await chat.tap("Stop checking")
        stopped = await chat.wait_for("10 are not checked")
        assert "50 are on WhatsApp" in stopped.words
        later(on, app, minutes=10)
        await until(on, draft.id, done=50, state=CheckState.STOPPED)
        await chat.tap("Check the numbers first")
        await until(on, draft.id, done=10, state=CheckState.DONE)
        assert sum(map(len, on.web.checked)) == 60


async def test_a_check_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await a_web_shop(on, people=60)
        somewhere(on, 60)
        draft = await shop.draft()
        chat = on.ayse
        async with on.running():
            await enter(chat)
            await to_the_review(chat)
            await chat.tap("Check the numbers first")
            await until(on, draft.id, done=50)
            await chat.say("/contacts")
            await chat.wait_for("Contacts")
        on.clock.advance(minutes=5)
        async with on.running():
            await until(on, draft.id, done=60, state=CheckState.DONE)
            notice = await chat.wait_for("The numbers of Spring are checked: 60 are on WhatsApp", fresh=False)
            await chat.tap("Open", message=notice)
            await chat.wait_for("All of them are checked")


async def test_a_phone_that_is_away_uses_up_nothing_of_the_day(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop = await a_web_shop(on)
        somewhere(on, 3)
        draft = await shop.draft()
        on.web.phone_offline(shop.remote)
        chat = on.ayse
        await enter(chat)
        await to_the_review(chat)
        await chat.tap("Check the numbers first")
        await chat.wait_for("The number is not connected just now", fresh=False)
        assert on.web.checked == []
        async with on.store.read() as unit:
            assert await unit.checks.asks(shop.account, since=on.clock.now() - timedelta(days=1)) == []
        on.web.phone_offline(shop.remote, offline=False)
        later(on, app, seconds=31)
        await until(on, draft.id, done=3, state=CheckState.DONE)


async def test_what_was_found_a_month_ago_is_not_known_any_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_web_shop(on)
        await shop.draft()
        at = on.clock.now()
        async with on.store.write() as unit:
            old = {number_of(0): False, number_of(1): True}
            await unit.checks.save(shop.space, old, at=at - timedelta(days=31))
            await unit.checks.save(shop.space, {number_of(2): False}, at=at - timedelta(days=29))
            await unit.commit()
        chat = on.ayse
        await enter(chat)
        review = await to_the_review(chat)
        assert "1 of 3 numbers checked: 0 are on WhatsApp, 1 are not, 0 unknown" in review.words
        assert "1 not on WhatsApp" in review.words


async def test_a_campaign_that_starts_without_waiting_ends_its_check(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop = await a_web_shop(on, people=60)
        somewhere(on, 60)
        draft = await shop.draft(pacing=HALTING)
        chat = on.ayse
        await enter(chat)
        await to_the_review(chat)
        await chat.tap("Check the numbers first")
        await until(on, draft.id, done=50)
        await chat.tap("Back")
        await chat.wait_for("50 of 60 numbers checked")
        await chat.tap("✅ Start")
        await shop.until(draft.id, CampaignState.RUNNING)
        later(on, app, seconds=41)
        await until(on, draft.id, done=50, state=CheckState.STOPPED)


async def test_a_simulated_number_has_nothing_to_check(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop: Shop = await open_shop(on)
        await shop.draft()
        chat = on.ayse
        await enter(chat)
        review = await to_the_review(chat)
        assert "🔎" not in review.words and "🔎 Check the numbers first" not in review.button_texts
