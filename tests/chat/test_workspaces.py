"""Several workspaces of one person, a desk that is open to all, and terms that have changed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press, encode
from bot.screens.start_promise import Promise
from bot.screens.start_review import PLAIN
from domain.campaigns.model import CampaignState
from domain.kernel.ids import CampaignId
from domain.operators.model import TERMS_VERSION, Role
from tests.chat.shop import HALTING, Shop, enter, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, Stage, register, stage
from tests.chat.team_chat import (
    BOX,
    a_florist,
    add,
    invitation,
    members,
    open_to_all,
    second_shop,
    terms_grow_old,
)

CAN = STRANGER


# -- two workspaces ----------------------------------------------------------------------------------


async def test_one_person_switches_between_two_workspaces(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        await second_shop(on, AYSE)
        ayse = on.ayse
        await enter(ayse)
        await ayse.tap("Settings")
        await ayse.tap("Switch workspace")
        choice = await ayse.wait_for("Your workspaces")
        assert choice.button_texts == ["✓ Bakery · owner", "Florist · owner", "⬅ Back"]
        await ayse.tap("Florist")
        await ayse.wait_for_toast("You are in Florist now")
        await ayse.wait_for("Florist", fresh=False)
        await ayse.say("/campaigns")
        await ayse.wait_for("There is none yet")


async def test_whoever_is_in_one_workspace_is_offered_no_switch(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        ayse = on.ayse
        await enter(ayse)
        await ayse.tap("Settings")
        settings = await ayse.wait_for("Time zone")
        assert "🔀 Switch workspace" not in settings.button_texts


async def test_a_tap_on_the_other_workspaces_live_message_acts_there(tmp_path: Path) -> None:
    """And from then on they are there: the toast says so, and the panel shows it."""
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        florist = await second_shop(on, AYSE)
        ayse = on.ayse
        await enter(ayse)
        id = await shop.start(pacing=HALTING)
        live = await ayse.wait_for(lambda m: m.message_id in ayse.pinned, fresh=False)
        assert live.words.startswith("Bakery\n")
        await ayse.say("/settings")
        await ayse.tap("Switch workspace")
        await ayse.tap("Florist")
        await ayse.wait_for_toast("You are in Florist now")
        await ayse.tap("Pause", message=live)
        await ayse.wait_for_toast("You are in Bakery now")
        await shop.until(id, CampaignState.PAUSED)
        home = await ayse.wait_for(
            lambda m: m.words.startswith("Bakery") and "➕ New campaign" in m.button_texts
        )
        assert home.message_id != live.message_id
        async with on.store.read() as unit:
            first, *_ = await unit.operators.members_of(AYSE)
        assert first.workspace_id == shop.space != florist


async def test_a_viewer_there_is_refused_and_stays_here(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, can = await open_shop(on), on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.VIEWER)
        florist = await second_shop(on, CAN)
        async with on.store.write() as unit:
            mine = next(m for m in await unit.operators.members_of(CAN) if m.workspace_id == florist)
            await unit.operators.choose(mine.id, at=on.clock.now())
            await unit.commit()
        await enter(can)
        id = await shop.start(pacing=HALTING)
        before = await shop.campaign(id)
        home = can.newest_first()[0]
        data = encode(Press(action="cp.pause", id=id, rev=before.version))
        await can.tap_data(home.message_id, data, forged=True)
        await can.wait_for_toast("You are a viewer here")
        assert await shop.campaign(id) == before
        async with on.store.read() as unit:
            assert (await unit.operators.members_of(CAN))[0].workspace_id == florist


async def test_a_notice_says_which_workspace_it_is_about(tmp_path: Path) -> None:
    """To those who are in several; its button leads there."""
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(AYSE, DENIZ))
        await second_shop(on, AYSE)
        ayse, deniz = on.ayse, on.client.chat(DENIZ)
        await enter(ayse)
        await enter(deniz)
        await shop.start()
        report = await ayse.wait_for(lambda m: m.photo is not None, fresh=False)
        assert report.words.startswith("Bakery\n")
        report = await deniz.wait_for(lambda m: m.photo is not None, fresh=False)
        assert not report.words.startswith("Bakery")


@pytest.mark.parametrize("left", ["balance", "link"])
async def test_a_notice_of_a_workspace_one_has_left_does_not_show_another(tmp_path: Path, left: str) -> None:
    """Neither does one of a workspace that never was, which tells nothing of what there is."""
    async with stage(tmp_path) as on, on.running():
        shop, can = await open_shop(on), on.client.chat(CAN)
        await add(on, shop.space, AYSE, Role.OWNER)
        florist = await a_florist(on, CAN)
        await enter(can)
        home = can.newest_first()[0]
        about = {"balance": int(shop.space), "link": int(shop.account)}[left]
        for id in (about, 999):
            await can.tap_data(home.message_id, encode(Press(action=left, id=id)), forged=True)
            await can.wait_for_toast("That workspace is not yours any more")
        async with on.store.read() as unit:
            panel = await unit.chat.panel(CAN)
            assert panel is not None and panel.screen == "home"
            assert (await unit.operators.members_of(CAN))[0].workspace_id == florist


async def test_leaving_one_workspace_leads_to_the_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, can = await open_shop(on), on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.MANAGER)
        await second_shop(on, CAN)
        await enter(can)
        await can.say("/settings")
        await can.tap("Leave")
        question = await can.wait_for("Leave Bakery?")
        [data] = [b["callback_data"] for b in question.buttons if b["text"] == "Leave"]
        for _ in range(2):  # a double tap leaves one, not both
            await can.wait_answered(await can.tap_data(question.message_id, data))
        await can.wait_for("Florist", fresh=False)
        assert CAN not in await members(on, shop.space)
        async with on.store.read() as unit:
            assert len(await unit.operators.members_of(CAN)) == 1


async def test_somebody_with_a_workspace_joins_another_by_a_link(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        florist = await a_florist(on, CAN)
        await enter(ayse)
        await enter(can)
        await can.say(f"/start {await invitation(ayse)}")
        await can.wait_for("invites you to")
        await can.tap(BOX)
        await can.tap("Continue")
        await can.wait_for(lambda m: m.words.startswith("Bakery") or "\nBakery" in m.words)
        assert (await members(on, shop.space))[CAN].role is Role.MANAGER
        assert (await members(on, florist))[CAN].role is Role.OWNER


# -- open registration -------------------------------------------------------------------------------


async def test_anybody_opens_a_workspace_of_their_own_with_its_trial(tmp_path: Path) -> None:
    async with stage(tmp_path) as closed:
        on = open_to_all(closed, points=120, days=7)
        async with on.running():
            shop, can = await open_shop(on), on.client.chat(CAN)
            await register(can)
            async with on.store.read() as unit:
                [mine] = await unit.operators.members_of(CAN)
                wallet = await unit.wallet.wallet(mine.workspace_id)
                entries = [entry async for entry in unit.wallet.stream_entries(mine.workspace_id)]
                lines, _ = await unit.activity.list(mine.workspace_id)
                of_the_desk, _ = await unit.activity.list(None)
            assert mine.role is Role.OWNER and mine.workspace_id != shop.space
            assert (wallet.balance, wallet.available) == (120, 120)
            assert wallet.plan_until is not None and wallet.has_plan(on.clock.now())
            assert [entry.key for entry in entries] == [f"trial:{mine.workspace_id}"]
            assert [line.what for line in lines] == ["terms.accepted", "workspace.opened"]
            assert lines[0].after == {"version": TERMS_VERSION}
            assert [line.what for line in of_the_desk] == ["workspace.opened"]


async def test_the_log_says_what_trial_was_really_given(tmp_path: Path) -> None:
    """Whoever opened a workspace before gets no other trial; Balance shows no line about nothing."""
    async with stage(tmp_path) as closed:
        on = open_to_all(closed, points=120, days=7)
        async with on.running():
            can = on.client.chat(CAN)
            await register(can)
            async with on.store.write() as unit:
                [first] = await unit.operators.members_of(CAN)
                await unit.operators.leave(first.id, at=on.clock.now())
                await unit.commit()
            await register(can)
            async with on.store.read() as unit:
                [second] = await unit.operators.members_of(CAN)
                given = [
                    line.after
                    for space in (first.workspace_id, second.workspace_id, None)
                    for line in (await unit.activity.list(space))[0]
                    if line.what == "workspace.opened"
                ]
            full, none = {"points": 120, "days": 7}, {"points": 0, "days": 0}
            assert given == [full, none, none, full]
            await can.say("/balance")
            shown = await can.wait_for("Balance")
            assert "to try things out" not in shown.words


async def test_a_desk_without_a_trial_gives_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as closed:
        on = open_to_all(closed, points=0, days=0)
        async with on.running():
            await register(on.client.chat(CAN))
            async with on.store.read() as unit:
                [mine] = await unit.operators.members_of(CAN)
                wallet = await unit.wallet.wallet(mine.workspace_id)
            assert (wallet.balance, wallet.plan_until) == (0, None)


async def test_an_admin_who_comes_later_does_not_land_in_a_customers_workspace(tmp_path: Path) -> None:
    async with stage(tmp_path) as closed:
        on = open_to_all(closed)
        async with on.running():
            await register(on.client.chat(CAN))
            await register(on.ayse)
            await register(on.client.chat(DENIZ))
            async with on.store.read() as unit:
                homes = {who: [m.workspace_id for m in await unit.operators.members_of(who)]
                         for who in (CAN, AYSE, DENIZ)}  # fmt: skip
            assert homes[AYSE] == homes[DENIZ] != homes[CAN]


async def test_without_open_registration_a_strangers_terms_lead_nowhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        can = on.client.chat(CAN)
        await can.say("/start")
        door = await can.wait_for("This desk is private")
        for action in ("terms.tick", "terms.continue"):
            data = encode(Press(action=action, x=1))
            await can.wait_answered(await can.tap_data(door.message_id, data, forged=True))
        async with on.store.read() as unit:
            assert await unit.operators.members_of(CAN) == []
            assert len(await unit.operators.workspaces()) == 1


# -- new terms ---------------------------------------------------------------------------------------


async def test_new_terms_are_asked_for_before_a_start_which_then_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        draft = await shop.draft()
        await terms_grow_old(on, shop, AYSE)
        await enter(ayse)
        await open_campaign(ayse)
        await ayse.tap("Go on")
        await ayse.wait_for("check it once more")
        await ayse.tap("✅ Start")
        await ayse.wait_for_toast("The terms have changed")
        shown = await ayse.wait_for("The terms have changed")
        assert "Message only people who agreed" in shown.words
        assert (await shop.campaign(draft.id)).state is CampaignState.DRAFT
        await ayse.tap("Continue")
        await ayse.wait_for_toast("tick the box")
        await ayse.tap(BOX)
        await ayse.tap("Continue")
        await ayse.wait_for("check it once more")
        await ayse.tap("✅ Start")
        await shop.until(draft.id, CampaignState.COMPLETED)
        ayse_now = (await members(on, shop.space))[AYSE]
        assert ayse_now.terms_version == TERMS_VERSION
        async with on.store.read() as unit:
            lines, _ = await unit.activity.list(shop.space)
        [line] = [line for line in lines if line.what == "terms.accepted"]
        assert line.after == {"version": TERMS_VERSION} and line.telegram_id == AYSE


async def test_whoever_does_not_accept_yet_is_back_where_they_were(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await shop.draft()
        await terms_grow_old(on, shop, AYSE)
        await enter(ayse)
        await open_campaign(ayse)
        await ayse.tap("Go on")
        await ayse.tap("✅ Start")
        await ayse.wait_for("The terms have changed")
        await ayse.tap("Back")
        await ayse.wait_for("check it once more")
        assert not (await members(on, shop.space))[AYSE].terms_are_current


@pytest.mark.parametrize("way", ["resume", "start now", "test", "schedule", "test to another number"])
async def test_every_way_of_sending_asks_for_the_new_terms(tmp_path: Path, way: str) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await terms_grow_old(on, shop, AYSE)
        await enter(ayse)
        id, action = await _about_to(on, shop, way)
        campaign = await shop.campaign(id)
        home = ayse.newest_first()[0]
        promise = Promise(way=PLAIN, price=1 if campaign.state is CampaignState.DRAFT else 0, cap=200)
        data = encode(Press(action=action, id=id, rev=campaign.version, x=promise.x))
        await ayse.tap_data(home.message_id, data, forged=True)
        if action == "dr.testno":
            await ayse.wait_for("number", fresh=False)
            await ayse.say("+90 532 000 00 00")
        else:
            await ayse.wait_for_toast("The terms have changed")
        await ayse.wait_for("The terms have changed", fresh=False)
        assert await shop.campaign(id) == campaign
        async with on.store.read() as unit:
            assert not await unit.delivery.accounts_with_directs()
        assert shop.got() == []


async def _about_to(on: Stage, shop: Shop, way: str) -> tuple[CampaignId, str]:
    """A campaign that stands just before that step, and the step's action."""
    draft = await shop.draft()
    tomorrow = on.clock.now() + timedelta(days=1)
    states = {
        "resume": (CampaignState.PAUSED, "cp.resume"),
        "start now": (CampaignState.SCHEDULED, "cp.startnow"),
        "test": (CampaignState.DRAFT, "dr.test"),
        "test to another number": (CampaignState.DRAFT, "dr.testno"),
        "schedule": (CampaignState.DRAFT, "dr.schedule"),
    }
    state, action = states[way]
    async with on.store.write() as unit:
        later = replace(draft, state=state, scheduled_at=tomorrow)
        await unit.campaigns.save(later, expected=draft.version)
        await unit.commit()
    return draft.id, action


async def test_a_resume_on_the_live_message_leads_back_to_its_campaign(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        id = await shop.start(pacing=HALTING)
        live = await ayse.wait_for(lambda m: m.message_id in ayse.pinned, fresh=False)
        await ayse.tap("Pause", message=live)
        await shop.until(id, CampaignState.PAUSED)
        await terms_grow_old(on, shop, AYSE)
        await ayse.tap("Resume", message=live)
        await ayse.wait_for("The terms have changed")
        await ayse.tap(BOX)
        await ayse.tap("Continue")
        campaign = await ayse.wait_for(lambda m: "🔄 Refresh" in m.button_texts)
        await ayse.tap("Resume", message=campaign)
        await shop.until(id, CampaignState.RUNNING)


async def test_a_scheduled_start_waits_for_somebody_who_knows_the_new_terms(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await add(on, shop.space, CAN, Role.VIEWER)
        await enter(ayse)
        await terms_grow_old(on, shop, AYSE)
        id, _ = await _about_to(on, shop, "start now")
        on.clock.advance(days=1, minutes=1)
        told = await ayse.wait_for("could not start", fresh=False)
        assert "terms have changed" in told.words
        assert (await shop.campaign(id)).state is CampaignState.DRAFT
        assert shop.got() == []


async def test_terms_as_they_are_now_can_be_read_and_accepted_at_any_time(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        await ayse.say("/terms")
        shown = await ayse.wait_for("You accepted it on")
        assert shown.button_texts == ["⬅ Back"]
        await terms_grow_old(on, shop, AYSE)
        await ayse.say("/terms")
        await ayse.wait_for("new since you accepted")
        await ayse.tap("Read and accept")
        await ayse.tap(BOX)
        await ayse.tap("Continue")
        await ayse.wait_for_toast("Thank you")
        assert (await members(on, shop.space))[AYSE].terms_are_current
