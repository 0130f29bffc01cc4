"""A clean slate and the way to the simulated phones: outside production, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press, encode
from domain.campaigns.model import CampaignState
from domain.operators.chat import Prompt
from domain.operators.model import Role
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import AYSE, STRANGER, Stage, eventually, link, stage
from tests.chat.till import all_worked, joins, notices_to


def in_production(on: Stage) -> Stage:
    return replace(on, settings=on.settings.model_copy(update={"environment": "production"}))


async def people(shop: Shop) -> int:
    async with shop.on.store.read() as unit:
        return sum((await unit.contacts.count(shop.space)).values())


async def test_a_workspace_is_wiped_after_its_name_was_typed_and_begins_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, STRANGER, Role.MANAGER)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        await enter(chat)
        await chat.say("/dev_reset")
        asked = await chat.wait_for("This wipes everything in Bakery")
        assert asked.button_texts[0] == "Keep everything"
        assert "who said STOP" in asked.words and "plan days" in asked.words
        await chat.say("Bakery")
        home = await chat.wait_for("Everything is wiped")
        assert "Three steps" in home.words
        async with on.store.read() as unit:
            assert len(await unit.operators.members(shop.space)) == 2
            assert await unit.accounts.of_workspace(shop.space) == []
            _, campaigns = await unit.campaigns.of_workspace(shop.space)
            wallet = await unit.wallet.wallet(shop.space)
            every = [line async for line in unit.activity.stream(shop.space)]
        assert campaigns == 0 and await people(shop) == 0
        # The trial of a new workspace again, and what was there before stands in the log.
        assert wallet.balance == on.settings.trial_points and wallet.has_plan(on.clock.now())
        assert (every[-1].what, every[-1].who) == ("desk.reset", "Ayşe")
        assert every[-1].before == {"people": 3, "campaigns": 1}
        assert every[0].what == "campaign.completed"


async def test_what_is_sent_after_a_wipe_reaches_its_people(tmp_path: Path) -> None:
    """Neither the phones nor the notices take it for what they had before."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        id = await shop.start(text="Before")
        await shop.until(id, CampaignState.COMPLETED)
        await enter(chat)
        await chat.say("/dev_reset")
        await chat.wait_for("This wipes everything")
        await chat.say("Bakery")
        await chat.wait_for("Everything is wiped")
        await link(chat)
        await chat.upload(b"Number;Name\n+905312345678;Can\n", "people.csv")
        await chat.tap("That's right")
        await chat.tap("They signed up")
        await chat.tap("New campaign")
        await chat.wait_for("2 of 7")
        await chat.say("After")
        await chat.tap("No media")
        for step in ("4 of 7", "5 of 7", "6 of 7"):
            await chat.wait_for(step)
            await chat.tap("Continue")
        await chat.tap("Start")
        await shop.until_got(4)
        assert shop.got()[-1] == ("+905312345678", "After")

        async def both_are_reported() -> bool:
            return len(await notices_to(on, AYSE, "report")) == 2

        await eventually(both_are_reported, "the second campaign's report is not taken for the first's")


@pytest.mark.parametrize("typed", ["bakery", "Bakery!", "yes", "Florist", "/"])
async def test_another_name_wipes_nothing_and_the_question_stays(tmp_path: Path, typed: str) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/dev_reset")
        await chat.wait_for("This wipes everything")
        await chat.say(typed)
        if typed != "/":
            told = await chat.wait_for("Nothing was wiped")
            assert "Type exactly Bakery" in told.words
        await all_worked(on)
        assert await people(shop) == 3
        await chat.say("  Bakery ")
        await chat.wait_for("Everything is wiped")
        assert await people(shop) == 0


async def test_to_keep_everything_is_one_tap_and_closes_the_question(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/dev_reset")
        await chat.tap("Keep everything")
        await chat.say("Bakery")
        await chat.wait_for("I was not waiting for a text")
        assert await people(shop) == 3


async def test_a_manager_cannot_wipe(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await joins(shop, STRANGER, Role.MANAGER)
        chat = on.client.chat(STRANGER)
        await chat.say("/dev_reset")
        await chat.wait_for("owner")
        await chat.say("Bakery")
        await all_worked(on)
        assert await people(shop) == 3


async def test_in_production_nothing_is_wiped_and_nothing_simulated(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, in_production(on).running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        for word in ("/dev_reset", "/simulate"):
            await chat.say(word)
            await chat.wait_for("not offered here")
        # Not even by an answer to a question from before.
        async with on.store.write() as unit:
            await unit.chat.save_prompt(Prompt(chat_id=AYSE, kind="dev.reset"))
            await unit.commit()
        await chat.say("Bakery")
        await chat.wait_for("not offered here")
        assert await people(shop) == 3
        await chat.say("/help")
        listed = (await chat.wait_for("How it works")).words
        assert "/simulate" not in listed and "/dev_reset" not in listed and "demo" not in listed


async def test_simulate_tells_where_the_phones_are(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        urled = on.settings.model_copy(update={"simulated_url": "http://127.0.0.1:8081/phones"})
        async with replace(on, settings=urled).running():
            await open_shop(on)
            await on.ayse.say("/simulate")
            await on.ayse.wait_for("http://127.0.0.1:8081/phones-page")
        async with on.running():
            await on.ayse.say("/simulate")
            await on.ayse.wait_for("No simulated phones are running here")


@pytest.mark.parametrize(
    ("role", "has", "lacks"),
    [
        (Role.VIEWER, {"/campaigns", "/help", "/simulate"}, {"/new", "/balance", "/dev_reset", "/admin"}),
        (Role.MANAGER, {"/new", "/simulate"}, {"/dev_reset", "/admin"}),
        (Role.OWNER, {"/new", "/balance", "/dev_reset"}, {"/admin"}),
    ],
)
async def test_help_lists_the_commands_that_one_may_use(
    tmp_path: Path, role: Role, has: set[str], lacks: set[str]
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await joins(shop, STRANGER, role)
        chat = on.client.chat(STRANGER)
        await chat.say("/help")
        listed = set((await chat.wait_for("How it works")).words.split())
        assert has <= listed and not lacks & listed


async def test_help_keeps_what_is_for_trying_things_out_apart_at_the_end(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await joins(shop, STRANGER, Role.OWNER)
        chat = on.client.chat(STRANGER)
        await chat.say("/help")
        lines = (await chat.wait_for("How it works")).words.splitlines()
        apart = [line for line in lines if "/dev_reset" in line or "/simulate" in line]
        assert apart == lines[-2:]
        assert lines[-4:-2] == ["", "To try things out"]
        assert apart[0] == "/dev_reset – wipe this workspace clean" and apart[1].startswith("/simulate – ")


async def test_help_lists_the_desk_for_admins(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        await on.ayse.say("/help")
        shown = await on.ayse.wait_for("How it works")
        assert "/admin" in shown.words
        await on.ayse.tap_data(shown.message_id, encode(Press(action="home")), forged=True)
