"""Double taps, old buttons, and two operators at one campaign."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.chat.codec import Press, encode
from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.campaigns.model import CampaignState
from domain.kernel.errors import Interrupted
from domain.operators.model import TERMS_VERSION, Role
from tests.chat.shop import HALTING, enter, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, Stage, stage
from tests.fakes.stores import rich

CHANGED = "That had changed meanwhile"


async def twice(chat: SandboxChat, message: ShownMessage, label: str) -> None:
    """A double tap: both presses leave before either is answered."""
    [data] = [b["callback_data"] for b in message.buttons if label in b["text"]]
    taps = await asyncio.gather(*(chat.tap_data(message.message_id, data) for _ in range(2)))
    for tap in taps:
        await chat.wait_answered(tap)


@contextmanager
def interrupted(on: Stage, *, times: int) -> Iterator[list[int]]:
    """So often the store undoes all of what a tap has done. Gives how often that is still to come."""
    left = [times]

    def refuse(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if left[0] and statement.startswith("DELETE FROM prompts"):
            left[0] -= 1
            raise Interrupted

    engine = on.store._writer.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield left
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


async def at_review(chat: SandboxChat) -> ShownMessage:
    await open_campaign(chat)
    await chat.tap("Go on")
    return await chat.wait_for("check it once more")


async def live_message(chat: SandboxChat, words: str = "running") -> ShownMessage:
    return await chat.wait_for(lambda m: m.message_id in chat.pinned and words in m.words, fresh=False)


async def test_a_double_tap_on_start_starts_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        await enter(chat)
        await twice(chat, await at_review(chat), "✅ Start")
        await shop.until(draft.id, CampaignState.COMPLETED)
        assert [number for number, _ in shop.got()] == sorted({number for number, _ in shop.got()})
        assert len(shop.got()) == 3
        assert CHANGED in " ".join(toast["text"] for toast in chat.toasts)


async def test_a_double_tap_on_pause_and_on_resume_pauses_and_resumes_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        live = await live_message(chat)
        before = (await shop.campaign(id)).version
        await twice(chat, live, "Pause")
        paused = await shop.until(id, CampaignState.PAUSED)
        assert paused.version == before + 1
        await twice(chat, await live_message(chat, "paused"), "Resume")
        assert (await shop.until(id, CampaignState.RUNNING)).version == before + 2


async def test_a_double_tap_on_cancel_it_cancels_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        await chat.tap("Cancel", message=await live_message(chat))
        question = await chat.wait_for("It cannot go on then")
        assert question.button_texts[0] == "Keep sending"
        assert "2 people will not get it" in question.words
        await twice(chat, question, "Cancel it")
        await shop.until(id, CampaignState.CANCELLED)
        assert (await shop.tally(id)).cancelled == 2
        assert any("Cancelled. 2 people" in toast["text"] for toast in chat.toasts)
        assert any(CHANGED in toast["text"] for toast in chat.toasts)


async def test_a_double_tap_on_repeat_makes_one_draft(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        await twice(chat, await open_campaign(chat), "Repeat")
        async with on.store.read() as unit:
            assert (await unit.campaigns.of_workspace(shop.space))[1] == 2


async def test_an_old_button_shows_how_it_stands_and_changes_nothing(tmp_path: Path) -> None:
    """Pause, as it stood on the live message before somebody paused and resumed."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        live = await live_message(chat)
        [old] = [b["callback_data"] for b in live.buttons if "Pause" in b["text"]]
        await chat.tap("Pause", message=live)
        await chat.tap("Resume", message=await live_message(chat, "paused"))
        now = await shop.until(id, CampaignState.RUNNING)
        await chat.tap_data(live.message_id, old)
        await chat.wait_for_toast(CHANGED)
        assert await shop.campaign(id) == now


async def test_an_old_start_button_of_a_draft_that_ran_long_ago_starts_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        await enter(chat)
        review = await at_review(chat)
        [old] = [b["callback_data"] for b in review.buttons if "✅ Start" in b["text"]]
        await chat.tap("✅ Start", message=review)
        await shop.until(draft.id, CampaignState.COMPLETED)
        await chat.wait_for(lambda m: m.photo is not None)
        tap = await chat.tap_data(review.message_id, old)
        await chat.wait_answered(tap)
        assert (await shop.campaign(draft.id)).state is CampaignState.COMPLETED
        assert len(shop.got()) == 3


async def test_a_button_of_an_earlier_panel_leads_on_at_the_bottom(tmp_path: Path) -> None:
    """A panel that a command replaced is taken away; a notice's old button still navigates."""
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        report = await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        await chat.say("/contacts")
        await chat.wait_for("Contacts")
        await chat.tap("Repeat", message=report)
        await chat.wait_for("check it once more")


async def test_another_workspaces_campaign_cannot_be_touched_by_a_forged_button(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        ours = await open_shop(on)
        theirs, chat = await a_second_shop(on, DENIZ), on.client.chat(DENIZ)
        id = await ours.start(pacing=HALTING)
        before = await ours.campaign(id)
        await enter(chat)
        home = chat.newest_first()[0]
        for action in ("cp.pause", "cp.cancelx", "cp.open", "cp.report", "dr.review", "cp.unkagain"):
            data = encode(Press(action=action, id=id, rev=before.version))
            tap = await chat.tap_data(home.message_id, data, forged=True)
            await chat.wait_answered(tap)
        assert "not there any more" in (chat.last_toast or "")
        assert await ours.campaign(id) == before
        assert "Spring" not in chat.screen()
        assert theirs != ours.space


async def a_second_shop(on: Stage, telegram_id: int) -> int:
    at = on.clock.now()
    async with on.store.write() as unit:
        space = await unit.operators.create_workspace(
            name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, space)
        member = await unit.operators.create_member(
            workspace_id=space, telegram_id=telegram_id, name="Deniz", role=Role.OWNER, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        await unit.commit()
    return int(space)


async def test_of_two_operators_who_tap_start_one_wins_and_the_other_sees_how_it_stands(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(AYSE, DENIZ))
        draft = await shop.draft()
        chats = on.client.chat(AYSE), on.client.chat(DENIZ)
        for chat in chats:
            await enter(chat)
        reviews = [await at_review(chat) for chat in chats]
        [data] = {b["callback_data"] for r in reviews for b in r.buttons if "✅ Start" in b["text"]}
        taps = [chat.tap_data(review.message_id, data) for chat, review in zip(chats, reviews, strict=True)]
        for chat, tap in zip(chats, await asyncio.gather(*taps), strict=True):
            await chat.wait_answered(tap)
        await shop.until(draft.id, CampaignState.COMPLETED)
        assert len(shop.got()) == 3
        toasts = sorted(chat.last_toast or "" for chat in chats)
        assert toasts[0] == "It is on its way." and toasts[1].startswith(CHANGED)
        for chat in chats:
            await chat.wait_for(lambda m: "finished" in m.words or "running" in m.words, fresh=False)


async def test_both_panels_are_in_step_after_one_operator_pauses(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(AYSE, DENIZ))
        ayse, deniz = on.client.chat(AYSE), on.client.chat(DENIZ)
        await enter(ayse)
        await enter(deniz)
        await shop.start(pacing=HALTING)
        await open_campaign(deniz)
        panel = await open_campaign(ayse)
        await ayse.tap("Pause", message=panel)
        for chat in (ayse, deniz):
            shown = await chat.wait_for(
                lambda m: "paused (by an operator)" in m.words and "🔄 Refresh" in m.button_texts, fresh=False
            )
            assert "▶️ Resume" in shown.button_texts and "⏸ Pause" not in shown.button_texts


async def test_a_tap_that_the_store_undid_is_worked_once_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        await enter(chat)
        review = await at_review(chat)
        with interrupted(on, times=1) as met:
            await chat.tap("✅ Start", message=review)
            await shop.until(draft.id, CampaignState.COMPLETED)
        assert met == [0]
        assert len(shop.got()) == len({number for number, _ in shop.got()}) == 3
        with interrupted(on, times=2) as met:
            await chat.say("/contacts")
            await chat.wait_for("Contacts")
        assert met == [0]
        assert not [shown for shown in chat.newest_first() if "went wrong" in shown.words]
