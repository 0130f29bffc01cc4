"""The days of a campaign told before it starts, by hours and clocks; and a late one, asked about."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.sandbox.client import SandboxChat
from domain.campaigns.model import CampaignState
from domain.hours.model import Hours
from domain.hours.presets import PRESETS
from domain.kernel.ids import AccountId
from tests.chat.shop import HALTING, enter, open_shop
from tests.chat.stage import Stage, stage
from tests.chat.test_hours import it_is_wednesday_evening, schedule

#: An hour ahead of the workspace.
DUBAI = "Asia/Dubai"
OFFICE = Hours(week=PRESETS["office"], zones=("Europe/Istanbul",))


async def keep_office_hours(on: Stage, account: AccountId, hours: Hours = OFFICE) -> None:
    async with on.store.write() as unit:
        await unit.hours.save(account, hours, expected=None, at=on.clock.now())
        await unit.commit()


async def open_draft(chat: SandboxChat, name: str) -> str:
    await chat.say("/campaigns")
    await chat.tap(name)
    await chat.tap("Go on")
    return (await chat.wait_for("check it once more")).words


async def test_the_review_tells_the_days_and_hours_can_be_turned_off(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        it_is_wednesday_evening(on)
        shop, chat = await open_shop(on, people=40), on.ayse
        await keep_office_hours(on, shop.account)
        await enter(chat)
        # Half an hour between two: eighteen a day, from nine until six.
        draft = await shop.draft(pacing=HALTING, name="Spring")
        shown = await open_draft(chat, "Spring")
        assert "Outside active hours now: it starts by itself tomorrow at 09:00." in shown
        days = [line for line in shown.splitlines() if "people, 09:00-" in line]
        assert [line.split("  ")[1] for line in days] == [
            "18 people, 09:00-17:30", "18 people, 09:00-17:30", "4 people, 09:00-10:30"
        ]  # fmt: skip
        assert [line[:3] for line in days] == ["Thu", "Fri", "Mon"]
        await chat.tap("By the number’s clock")
        await chat.wait_for(lambda m: "🌍 By each person’s clock" in m.button_texts)
        await chat.tap("Hours: on")
        shown = (await chat.wait_for(lambda m: "🕘 Hours: off" in m.button_texts)).words
        assert "Outside active hours" not in shown
        saved = await shop.campaign(draft.id)
        assert (saved.heeds_hours, saved.by_their_clock) == (False, True)
        await chat.tap("Start")
        await shop.until_got(1)


async def test_one_that_is_started_outside_its_hours_says_everywhere_that_it_waits_and_until_when(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        evening = it_is_wednesday_evening(on)
        shop, chat = await open_shop(on), on.ayse
        await keep_office_hours(on, shop.account)
        await enter(chat)
        await shop.draft(name="Spring")
        assert "3 people, at 09:00" in await open_draft(chat, "Spring")
        await chat.tap("Start")
        await chat.wait_for_toast("It starts by itself tomorrow at 09:00, in your hours.")
        live = await chat.wait_for(lambda m: "Left 3" in m.words, fresh=False)
        assert "🕘 Spring: waiting for its hours" in live.words and "running" not in live.words
        assert "It starts by itself tomorrow at 09:00, in your hours." in live.words
        panel = await chat.wait_for("How it goes is in the pinned message", fresh=False)
        assert "🕘 Spring: waiting for its hours" in panel.words and "tomorrow at 09:00" in panel.words
        await chat.tap("Pause", message=live)
        await chat.wait_for("Spring: paused", fresh=False)
        await chat.tap("Resume", message=live)
        await chat.wait_for_toast("It goes on by itself tomorrow at 09:00, in your hours.")
        await chat.say("/campaigns")
        await chat.wait_for(lambda m: "🕘 Spring · waits until Thu 09:00" in m.button_texts)
        assert on.world.received == []
        on.clock.advance(seconds=(evening.replace(hour=9) + timedelta(days=1) - evening).total_seconds())
        await shop.until_got(3)
        await chat.wait_for(lambda m: m.message_id == live.message_id and "finished" in m.words, fresh=False)


async def test_hours_of_another_clock_are_told_everywhere_on_that_of_the_workspace_which_is_named(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        it_is_wednesday_evening(on)
        shop, chat = await open_shop(on), on.ayse
        await keep_office_hours(on, shop.account, replace(OFFICE, zones=(DUBAI,)))
        await enter(chat)
        await shop.draft(name="Spring")
        shown = await open_draft(chat, "Spring")
        assert "starts by itself tomorrow at 08:00." in shown and "3 people, at 08:00" in shown
        assert "by the clock of Europe/Istanbul" in shown
        when = "tomorrow at 08:00 (Europe/Istanbul)"
        await chat.tap("Start")
        await chat.wait_for_toast(f"It starts by itself {when}, in your hours.")
        live = await chat.wait_for(lambda m: "Left 3" in m.words, fresh=False)
        assert f"It starts by itself {when}, in your hours." in live.words
        await chat.tap("Pause", message=live)
        await chat.wait_for("Spring: paused", fresh=False)
        await chat.tap("Resume", message=live)
        await chat.wait_for_toast(f"It goes on by itself {when}, in your hours.")
        await chat.say("/campaigns")
        await chat.wait_for(lambda m: "🕘 Spring · waits until Thu 08:00" in m.button_texts)
        await chat.say("/start")
        await chat.wait_for("Hours: shut until Thu 08:00 (Europe/Istanbul)")
        await chat.say("/hours")
        shown = (await chat.wait_for("Active hours of")).words
        assert "shut until Thu 09:00" in shown and f"The clock is that of {DUBAI}" in shown
        await chat.tap("Always open")
        await chat.wait_for("Spring goes on now instead of at Thu 08:00 (Europe/Istanbul).")


async def test_hours_that_never_open_are_told_at_the_review(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        async with on.store.write() as unit:
            shut = Hours(week=((),) * 7, zones=("Europe/Istanbul",))
            await unit.hours.save(shop.account, shut, expected=None, at=on.clock.now())
            await unit.commit()
        await enter(chat)
        await shop.draft(name="Spring")
        assert "are never open" in await open_draft(chat, "Spring")
        [shown] = chat.newest_first()[:1]
        assert not any("Start" in text for text in shown.button_texts)
        await chat.tap("By the number’s clock")
        shown = await chat.wait_for(lambda m: "🌍 By each person’s clock" in m.button_texts)
        assert "are never open" in shown.words


async def test_a_campaign_whose_time_is_long_past_is_asked_about_and_started_by_a_tap(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        async with on.running():
            shop, chat = await open_shop(on), on.ayse
            await enter(chat)
            await schedule(shop, on.clock.now() + timedelta(hours=1))
        on.clock.advance(hours=14)
        async with on.running():
            asked = await chat.wait_for("was due 13 hours ago", fresh=False)
            assert asked.button_texts == ["▶️ Start now", "Open"]
            assert on.world.received == []
            await chat.tap("Start now", message=asked)
            await shop.until_got(3)
        async with on.store.read() as unit:
            [done], _ = await unit.campaigns.of_workspace(shop.space)
        assert done.state is CampaignState.COMPLETED


async def test_a_campaign_that_is_a_little_late_starts_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        async with on.running():
            shop, chat = await open_shop(on), on.ayse
            await enter(chat)
            await schedule(shop, on.clock.now() + timedelta(hours=1))
        on.clock.advance(hours=3)
        async with on.running():
            await chat.wait_for("Later has started, 2 hours late", fresh=False)
            await shop.until_got(3)


async def test_one_that_is_late_and_outside_its_hours_says_when_it_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        async with on.running():
            evening = it_is_wednesday_evening(on)
            shop, chat = await open_shop(on), on.ayse
            await keep_office_hours(on, shop.account)
            await enter(chat)
            await schedule(shop, evening + timedelta(hours=21))
        on.clock.advance(hours=24)
        async with on.running():
            told = await chat.wait_for("Later has started, 3 hours late", fresh=False)
            assert "Outside its hours it waits: it goes on by itself tomorrow at 09:00." in told.words
            assert on.world.received == []
