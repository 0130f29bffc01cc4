"""Two members who look at the same thing: what one changes, the other is shown at once."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.campaigns.model import CampaignState
from domain.operators.model import Role
from tests.chat.shop import HALTING, Shop, enter, number_of, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, Stage, stage
from tests.chat.team_chat import add
from whatsapp.simulated.behaviour import FaultKind

CHANGED = "That had changed meanwhile"


async def both(on: Stage) -> tuple[Shop, SandboxChat, SandboxChat]:
    """Ayşe, who owns the shop, and Deniz, who manages it, both at home."""
    shop = await open_shop(on)
    await add(on, shop.space, DENIZ, Role.MANAGER, name="Deniz")
    ayse, deniz = on.client.chat(AYSE), on.client.chat(DENIZ)
    await enter(ayse)
    await enter(deniz)
    return shop, ayse, deniz


async def at_review(chat: SandboxChat) -> ShownMessage:
    await open_campaign(chat)
    await chat.tap("Go on")
    return await chat.wait_for("check it once more")


def data_of(message: ShownMessage, label: str) -> str:
    [data] = [b["callback_data"] for b in message.buttons if label in b["text"]]
    return str(data)


async def same_message(chat: SandboxChat, shown: ShownMessage, words: str) -> ShownMessage:
    """The very message that was on screen, now with those words: edited, not sent again."""
    return await chat.wait_for(lambda m: m.message_id == shown.message_id and words in m.words, fresh=False)


async def test_a_pause_is_seen_by_the_other_who_looks(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        id = await shop.start(pacing=HALTING)
        looking = await open_campaign(deniz)
        await ayse.tap("Pause", message=await open_campaign(ayse))
        shown = await same_message(deniz, looking, "paused (by an operator)")
        assert "▶️ Resume" in shown.button_texts
        await deniz.tap("Resume", message=shown)
        await shop.until(id, CampaignState.RUNNING)


async def test_a_text_edited_while_the_other_reviews_changes_their_review_and_their_old_start_starts_nothing(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        draft = await shop.draft()
        reviewed = await at_review(deniz)
        old = data_of(reviewed, "✅ Start")
        await ayse.tap("Message", message=await at_review(ayse))
        await ayse.wait_for("Hello {name}")
        await ayse.say("Good morning {name}")
        await ayse.wait_for("Good morning")
        shown = await same_message(deniz, reviewed, "Good morning")
        await deniz.tap_data(shown.message_id, old, forged=True)
        await deniz.wait_for_toast(CHANGED)
        assert (await shop.campaign(draft.id)).state is CampaignState.DRAFT
        await deniz.tap("✅ Start", message=shown)
        await shop.until(draft.id, CampaignState.COMPLETED)
        assert {text.split()[0] for _, text in shop.got()} == {"Good"}


async def test_an_open_question_outlives_what_the_other_changes(tmp_path: Path) -> None:
    """Deniz is asked for a text while Ayşe changes the speed: the text that comes then is taken."""
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        draft = await shop.draft()
        await deniz.tap("Message", message=await at_review(deniz))
        await deniz.wait_for("Hello {name}")
        await ayse.tap("Speed", message=await at_review(ayse))
        await ayse.wait_for("How long to wait")
        await ayse.say("8-15")
        await ayse.wait_for("8-15 s")
        await deniz.say("Good evening {name}")
        shown = await deniz.wait_for("Good evening")
        assert "8-15 s" in shown.words
        now = await shop.campaign(draft.id)
        assert (now.text, now.pacing.longest.total_seconds()) == ("Good evening {name}", 15)


async def test_a_text_for_a_draft_that_the_other_has_started_is_refused_in_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        draft = await shop.draft(pacing=HALTING)
        await deniz.tap("Message", message=await at_review(deniz))
        asked = await deniz.wait_for("Hello {name}")
        await ayse.tap("✅ Start", message=await at_review(ayse))
        await same_message(deniz, asked, "running")
        await deniz.say("Good evening {name}")
        await deniz.wait_for("cannot be edited any more")
        assert (await shop.campaign(draft.id)).text == "Hello {name}"


async def test_a_discarded_draft_leaves_the_others_wizard(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        draft = await shop.draft()
        reviewed = await at_review(deniz)
        await ayse.tap("Discard", message=await at_review(ayse))
        await ayse.wait_for("Discard")
        await ayse.tap("Discard it")
        await shop.until(draft.id, CampaignState.CANCELLED)
        shown = await same_message(deniz, reviewed, "discarded")
        assert not any("Start" in label for label in shown.button_texts)


async def test_unknown_outcomes_that_one_counts_are_gone_from_the_others_screen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        on.world.script(number_of(1), FaultKind.SILENCE_BEFORE_TAKING)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        await deniz.tap("Unknown (1)", message=await open_campaign(deniz))
        asked = await deniz.wait_for("Nothing is sent again by itself")
        await ayse.tap("Unknown (1)", message=await open_campaign(ayse))
        await ayse.wait_for("Nothing is sent again by itself")
        await ayse.tap("Count as sent")
        await ayse.wait_for("Count 1 person as sent?")
        await ayse.tap("Count 1 as sent")
        shown = await same_message(deniz, asked, "finished")
        assert "Sent 3" in shown.words


async def test_lists_and_the_campaigns_are_in_step_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        _, ayse, deniz = await both(on)
        await deniz.say("/campaigns")
        campaigns = await deniz.wait_for("There is none yet")
        await ayse.say("/new")
        await ayse.wait_for("Who should get it?")
        await same_message(deniz, campaigns, "1 campaign")
        await deniz.say("/contacts")
        await deniz.tap("Lists", message=await deniz.wait_for("Contacts"))
        lists = await deniz.wait_for(lambda m: "everybody · 3" in m.button_texts)
        await ayse.say("/contacts")
        await ayse.tap("Lists", message=await ayse.wait_for("Contacts"))
        await ayse.tap("everybody")
        await ayse.tap("Delete")
        await ayse.tap("Delete it")
        await same_message(deniz, lists, "No list yet")


async def test_a_role_lost_while_looking_leads_out_of_what_is_for_managers(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await both(on)
        draft = await shop.draft()
        reviewed = await at_review(deniz)
        old = data_of(reviewed, "✅ Start")
        await ayse.say("/team")
        await ayse.tap("Deniz · manager")
        await ayse.tap("Make viewer")
        shown = await same_message(deniz, reviewed, "Points")
        assert "➕ New campaign" not in shown.button_texts
        await deniz.tap_data(shown.message_id, old, forged=True)
        await deniz.wait_for_toast("You are a viewer here")
        await deniz.say("/new")
        await deniz.wait_for("You are a viewer here")
        assert await shop.campaign(draft.id) == draft
