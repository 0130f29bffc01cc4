"""Restarts in the middle: of a draft, of an import, of a question, of a running campaign."""

from pathlib import Path

from bot.tour import picture
from domain.campaigns.model import CampaignState
from domain.contacts.ports import ImportJob, ImportState
from tests.chat.shop import HALTING, SLOWLY, Shop, enter, number_of, open_shop
from tests.chat.stage import Stage, eventually, stage


async def test_a_draft_goes_on_after_a_restart_at_each_of_its_steps(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            await chat.say("/new")
            await chat.wait_for("1 of 7")
        async with on.running():
            await chat.tap("everybody")
            await chat.wait_for("2 of 7")
        async with on.running():
            await chat.say("Hello {name}")
            await chat.wait_for("3 of 7")
        async with on.running():
            await chat.upload(picture(), "menu.jpg", kind="photo")
            await chat.wait_for("4 of 7")
        async with on.running():
            await chat.tap("Send me a test")
            await chat.wait_for("Which WhatsApp number")
        async with on.running():
            await chat.say("+44 7400 123456")
            await chat.wait_for("The test was sent")
        async with on.running():
            await chat.tap("Continue")
            await chat.wait_for("5 of 7")
        async with on.running():
            await chat.say("0")
            await chat.wait_for("6 of 7")
        async with on.running():
            await chat.tap("⚡ Now")
            await chat.wait_for("check it once more")
        async with on.running():
            await chat.tap("✅ Start")
            await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        assert [text for number, text in shop.got() if number != "+447400123456"] == [
            "Hello Person 0", "Hello Person 1", "Hello Person 2"
        ]  # fmt: skip


async def test_what_was_said_while_the_bot_was_away_is_answered_in_order(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        chat = on.ayse
        shop = await open_shop(on)
        async with on.running():
            await enter(chat)
            await chat.say("/new")
            await chat.wait_for("1 of 7")
            await chat.tap("everybody")
            await chat.wait_for("2 of 7")
        await chat.say("Hello {name}")
        await chat.say("a text where a picture is wanted")
        async with on.running():
            await chat.wait_for("I am waiting for a photo")
        async with on.store.read() as unit:
            [draft], _ = await unit.campaigns.of_workspace(shop.space)
        assert draft.text == "Hello {name}"


async def the_import(on: Stage, shop: Shop) -> ImportJob | None:
    async with on.store.read() as unit:
        jobs = await unit.imports.unfinished()
    return next(iter(jobs), None)


async def test_an_import_interrupted_while_storing_ends_with_everybody_once(tmp_path: Path) -> None:
    people = 20_000
    rows = "".join(f"Person {n},{number_of(n)}\n" for n in range(people))
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on, people=0), on.ayse
        async with on.running():
            await enter(chat)
            await chat.upload(f"name,phone\n{rows}".encode(), "big.csv")
            await chat.wait_for("The first ones would be")
            await chat.tap("That's right")

            async def under_way() -> bool:
                job = await the_import(on, shop)
                return job is not None and job.state is ImportState.STORING and job.done_rows > 0

            await eventually(under_way, "some rows are stored")
        left = await the_import(on, shop)
        assert left is not None and 0 < left.done_rows < people
        async with on.running():
            counts = "20,000 rows · 20,000 ready · 0 duplicates · 0 bad numbers · 0 opted out"
            await chat.wait_for(counts, fresh=False)
            await chat.tap("They signed up")
            await chat.wait_for("20,000 can be messaged")
        async with on.store.read() as unit:
            sizes = {one.name: one.size for one in await unit.contacts.lists(shop.space)}
        assert sizes == {"everybody": 0, "big": people}


async def test_a_question_that_was_open_is_answered_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        chat = on.ayse
        async with on.running():
            await enter(chat)
            await chat.say("/contacts")
            await chat.tap("Add one")
            await chat.wait_for("Type a phone number")
        async with on.running():
            await chat.say("+90 501 234 56 78 Elif")
            await chat.wait_for("Elif is added")


async def test_a_running_campaign_goes_on_where_it_was_in_the_same_live_message(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on, people=5), on.ayse
        async with on.running():
            await enter(chat)
            id = await shop.start(pacing=SLOWLY)
            await shop.until_got(2)
            live = await chat.wait_for(lambda m: m.message_id in chat.pinned, fresh=False)
        assert 2 <= len(shop.got()) < 5
        async with on.running():
            await shop.until(id, CampaignState.COMPLETED)
            done = await chat.wait_for(lambda m: "finished" in m.words and "Sent 5" in m.words, fresh=False)
        assert done.message_id == live.message_id
        assert shop.got() == [(number_of(n), f"Hello Person {n}") for n in range(5)]


async def test_the_pause_between_two_messages_outlives_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            await shop.start(pacing=HALTING)
            await shop.until_got(1)
        async with on.running() as app:
            await app.senders.drivers.slices.run(shop.account)
            assert len(shop.got()) == 1
            on.clock.advance(minutes=31)
            await shop.until_got(2)


async def test_a_start_that_fell_due_while_the_bot_was_away_happens_once_it_is_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        async with on.running():
            await enter(chat)
            await chat.say("/campaigns")
            await chat.tap("Spring")
            await chat.tap("Go on")
            await chat.wait_for("check it once more")
            await chat.tap("When")
            await chat.say("tomorrow 9:00")
            await chat.tap("✅ Schedule")
            await shop.until(draft.id, CampaignState.SCHEDULED)
        due = (await shop.campaign(draft.id)).scheduled_at
        assert due is not None
        on.clock.advance(seconds=(due - on.clock.now()).total_seconds() + 3 * 3600)
        async with on.running():
            await shop.until(draft.id, CampaignState.COMPLETED)
            await chat.wait_for("has started", fresh=False)
        assert len(shop.got()) == 3
