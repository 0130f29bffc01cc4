"""Inviting, joining, roles and leaving, over real HTTP."""

from pathlib import Path

import pytest

from bot.chat.codec import Press, encode
from bot.sandbox.client import SandboxChat
from domain.operators.model import TERMS_VERSION, Role
from tests.chat.shop import HALTING, enter, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, Stage, eventually, register, stage
from tests.chat.team_chat import BOX, add, invitation, join, members, open_to_all

CAN, EVE = STRANGER, 1004


async def a_newcomer(on: Stage) -> SandboxChat:
    await on.client.add_user("Eve", id=EVE)
    return on.client.chat(EVE)


async def test_an_invited_manager_joins_and_sees_no_money(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await enter(ayse)
        payload = await invitation(ayse)
        await can.say(f"/start {payload}")
        shown = await can.wait_for("invites you to")
        assert "Bakery as manager" in shown.words and "Message only people who agreed" in shown.words
        await can.tap("Continue")
        await can.wait_for_toast("tick the box")
        assert CAN not in await members(on, shop.space)
        await can.tap(BOX)
        await can.tap("Continue")
        home = await can.wait_for(lambda m: "⚙️ Settings" in m.button_texts)
        assert "➕ New campaign" in home.button_texts or "📱 WhatsApp" in home.button_texts
        assert "💳 Balance" not in home.button_texts
        await can.tap("Settings")
        settings = await can.wait_for("Time zone")
        assert "👥 Team" not in settings.button_texts and "📜 Activity log" not in settings.button_texts
        for command in ("/team", "/balance"):
            await can.say(command)
            await can.wait_for("you are a manager here")
        joined = (await members(on, shop.space))[CAN]
        assert (joined.role, joined.terms_version) == (Role.MANAGER, TERMS_VERSION)
        await ayse.wait_for("joined Bakery as manager", fresh=False)


@pytest.mark.parametrize("end", ["expired", "used", "revoked"])
@pytest.mark.parametrize("door", ["private", "open"])
async def test_a_dead_invitation_does_not_stand_in_the_door(tmp_path: Path, end: str, door: str) -> None:
    """It was good when it was opened; afterwards /start leads where it leads everybody."""
    async with stage(tmp_path) as closed:
        on = open_to_all(closed) if door == "open" else closed
        async with on.running():
            shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
            await enter(ayse)
            payload = await invitation(ayse)
            await can.say(f"/start {payload}")
            await can.wait_for("invites you to")
            if end == "expired":
                on.clock.advance(hours=25)
            elif end == "used":
                await join(await a_newcomer(on), payload)
            else:
                await ayse.tap("Revoke")
                await ayse.wait_for_toast("revoked")
            if door == "private":
                await can.say("/start")
                await can.wait_for("This desk is private")
            else:
                await register(can)
            assert CAN not in await members(on, shop.space)


async def test_the_owner_sees_the_new_member_on_the_open_team_screen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        ayse = on.ayse
        await enter(ayse)
        payload = await invitation(ayse, "viewer")
        await ayse.tap("Back")
        team = await ayse.wait_for("Open invitations")
        assert any("viewer, until" in text for text in team.button_texts)
        await join(on.client.chat(CAN), payload)
        await ayse.wait_for(
            lambda m: "Team of Bakery" in m.words and "· viewer" in m.words and "Open inv" not in m.words,
            fresh=False,
        )


async def test_a_link_works_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        payload = await invitation(ayse)
        await join(on.client.chat(CAN), payload)
        eve = await a_newcomer(on)
        await eve.say(f"/start {payload}")
        await eve.wait_for("has been used already")
        assert EVE not in await members(on, shop.space)


async def test_of_two_who_have_a_link_open_the_second_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can, eve = await open_shop(on), on.ayse, on.client.chat(CAN), await a_newcomer(on)
        await enter(ayse)
        payload = await invitation(ayse)
        for chat in (can, eve):
            await chat.say(f"/start {payload}")
            await chat.wait_for("invites you to")
            await chat.tap(BOX)
        await can.tap("Continue")
        await can.wait_for(lambda m: "⚙️ Settings" in m.button_texts)
        await eve.tap("Continue")
        await eve.wait_for_toast("has been used already")
        await eve.wait_for("is no more", fresh=False)
        assert set(await members(on, shop.space)) == {AYSE, CAN}


async def test_a_link_ends_after_a_day(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await enter(ayse)
        payload = await invitation(ayse)
        on.clock.advance(hours=24, seconds=1)
        await can.say(f"/start {payload}")
        await can.wait_for("This invitation has ended")
        assert CAN not in await members(on, shop.space)


async def test_a_revoked_link_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await enter(ayse)
        payload = await invitation(ayse)
        await ayse.tap("Revoke")
        await ayse.wait_for_toast("nobody can join by it")
        await can.say(f"/start {payload}")
        await can.wait_for("was revoked")
        assert CAN not in await members(on, shop.space)


@pytest.mark.parametrize("change", ["cut", "other", "made up", "empty", "letters"])
async def test_a_forged_link_is_refused(tmp_path: Path, change: str) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await enter(ayse)
        payload = await invitation(ayse)
        kind, id, signed = payload.split("_", 2)
        forged = {
            "cut": payload[:-1],
            "other": f"{kind}_{int(id) + 1}_{signed}",
            "made up": f"{kind}_{id}_{'A' * len(signed)}",
            "empty": "inv_",
            "letters": "inv_ü_ü",
        }[change]
        await can.say(f"/start {forged}")
        await can.wait_for("not one of ours")
        assert set(await members(on, shop.space)) == {AYSE}
        await join(can, payload)


async def test_a_member_does_not_use_a_link_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        payload = await invitation(ayse, "owner")
        await ayse.say(f"/start {payload}")
        await ayse.wait_for("in that workspace already")
        await join(on.client.chat(CAN), payload)
        assert (await members(on, shop.space))[CAN].role is Role.OWNER


async def test_a_double_tap_makes_one_invitation(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        await ayse.say("/team")
        team = await ayse.wait_for("Team of Bakery")
        [data] = [b["callback_data"] for b in team.buttons if "Invite a viewer" in b["text"]]
        for _ in range(2):
            await ayse.wait_answered(await ayse.tap_data(team.message_id, data))
        async with on.store.read() as unit:
            assert len(await unit.operators.open_invites(shop.space, now=on.clock.now())) == 1


# -- roles while panels are open -----------------------------------------------------------------------


async def test_a_viewer_looks_and_touches_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, can = await open_shop(on), on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.VIEWER)
        await enter(can)
        id = await shop.start(pacing=HALTING)
        panel = await open_campaign(can)
        assert panel.button_texts == ["🔄 Refresh", "⬅ Back"]
        before = await shop.campaign(id)
        for action in ("cp.pause", "cp.cancelx", "cp.report"):
            data = encode(Press(action=action, id=id, rev=before.version))
            await can.wait_answered(await can.tap_data(panel.message_id, data, forged=True))
            assert "you can look at everything" in (can.last_toast or "")
        assert await shop.campaign(id) == before


async def test_a_role_changed_while_the_panel_is_open_counts_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.MANAGER, name="Can")
        await enter(ayse)
        await enter(can)
        id = await shop.start(pacing=HALTING)
        panel = await open_campaign(can)
        [pause] = [b["callback_data"] for b in panel.buttons if "Pause" in b["text"]]
        await ayse.say("/team")
        await ayse.tap("Can · manager")
        await ayse.tap("Make viewer")
        await ayse.wait_for_toast("Can is viewer now")
        await can.wait_for("Your role in Bakery is viewer now", fresh=False)
        await can.wait_for(
            lambda m: m.message_id == panel.message_id and m.button_texts == ["🔄 Refresh", "⬅ Back"],
            fresh=False,
        )
        before = await shop.campaign(id)
        await can.tap_data(panel.message_id, pause)
        await can.wait_for_toast("You are a viewer here")
        assert await shop.campaign(id) == before
        await ayse.tap("Make manager")
        await can.wait_for("Your role in Bakery is manager now", fresh=False)
        await can.wait_for(
            lambda m: m.message_id == panel.message_id and "⏸ Pause" in m.button_texts, fresh=False
        )


async def test_a_removed_member_is_out_at_once_and_their_live_message_goes(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.MANAGER, name="Can")
        await enter(ayse)
        await enter(can)
        await shop.draft()
        await open_campaign(can)
        await can.tap("Go on")
        await can.tap("✅ Start")
        live = await can.wait_for(lambda m: m.message_id in can.pinned, fresh=False)
        await ayse.say("/team")
        await ayse.tap("Can · manager")
        await ayse.tap("Remove")
        question = await ayse.wait_for("They see and do nothing here any more")
        assert question.button_texts[0] == "Keep them"
        await ayse.tap("Remove them")
        await ayse.wait_for_toast("Can is removed")
        await can.wait_for("You are not in Bakery any more", fresh=False)
        await can.wait_for("This desk is private", fresh=False)

        async def gone() -> bool:
            await can.refresh()
            return live.message_id not in can.messages

        await eventually(gone, "the live message is taken away")
        await can.say("/campaigns")
        await can.wait_for("This desk is private")
        assert "Spring" not in can.newest_first()[0].words
        async with on.store.read() as unit:
            assert all(m.chat_id != CAN for m in await unit.chat.progress_messages())


async def test_a_viewer_gets_the_report_without_the_files(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, can = await open_shop(on), on.ayse, on.client.chat(CAN)
        await add(on, shop.space, CAN, Role.VIEWER)
        await enter(ayse)
        await enter(can)
        await shop.start()
        told = await can.wait_for(lambda m: "Spring" in m.words and "finished" in m.words, fresh=False)
        await ayse.wait_for(lambda m: m.photo is not None, fresh=False)
        assert told.button_texts == []
        await can.refresh()
        assert all(m.file_url is None and m.photo is None for m in can.newest_first())


# -- leaving -----------------------------------------------------------------------------------------


async def test_the_last_owner_cannot_leave(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await add(on, shop.space, CAN, Role.MANAGER)
        await enter(ayse)
        await ayse.say("/settings")
        panel = await ayse.wait_for("Time zone")
        await ayse.tap("Leave")
        await ayse.wait_for_toast("last owner")
        data = encode(Press(action="st.leavex", id=shop.space))
        await ayse.wait_answered(await ayse.tap_data(panel.message_id, data, forged=True))
        assert set(await members(on, shop.space)) == {AYSE, CAN}


async def test_an_owner_leaves_once_there_is_another(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse, deniz = await open_shop(on), on.ayse, on.client.chat(DENIZ)
        await add(on, shop.space, DENIZ, Role.OWNER, name="Deniz")
        await enter(ayse)
        await enter(deniz)
        await deniz.say("/settings")
        await deniz.tap("Leave")
        question = await deniz.wait_for("Leave Bakery?")
        assert question.button_texts[0] == "Stay"
        await deniz.tap("Leave", message=question)
        await deniz.wait_for("You have left Bakery", fresh=False)
        await ayse.wait_for("Deniz has left Bakery", fresh=False)
        assert set(await members(on, shop.space)) == {AYSE}


# -- settings ----------------------------------------------------------------------------------------


async def test_the_owner_says_what_it_is_called_and_where_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, ayse = await open_shop(on), on.ayse
        await enter(ayse)
        await ayse.say("/settings")
        await ayse.tap("Name")
        await ayse.wait_for("Type a new name")
        await ayse.say("x" * 61)
        await ayse.wait_for("1 to 60 letters")
        await ayse.say("Bakery at the Pier")
        await ayse.wait_for("Bakery at the Pier")
        await ayse.tap("Country")
        await ayse.say("Atlantis")
        await ayse.wait_for("I don't know the country “Atlantis”")
        await ayse.say("Germany")
        await ayse.wait_for("Germany (DE)")
        await ayse.tap("Time zone")
        await ayse.say("Mars")
        await ayse.wait_for("I don't know the time zone “Mars”")
        await ayse.say("Berlin")
        await ayse.wait_for("Europe/Berlin")
        async with on.store.read() as unit:
            space = await unit.operators.workspace(shop.space)
            lines, _ = await unit.activity.list(shop.space)
        assert (space.name, space.country, space.zone) == ("Bakery at the Pier", "DE", "Europe/Berlin")
        assert [line.what for line in lines] == ["settings.zone", "settings.country", "settings.name"]
        assert lines[0].before == {"zone": "Europe/Istanbul"}
