"""First contact over real HTTP: strangers, terms, home."""

from pathlib import Path

from tests.chat.stage import DENIZ, STRANGER, link, register, stage


async def test_a_stranger_is_told_so_with_their_id(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.client.chat(STRANGER)
        await chat.say("/start")
        message = await chat.wait_for("This desk is private")
        assert str(STRANGER) in message.words


async def test_an_admin_must_tick_the_box_before_going_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await chat.say("/start")
        await chat.tap("Continue")
        await chat.wait_for_toast("tick the box")
        await chat.tap("☐ I will only message people who agreed")
        await chat.tap("Continue")
        await chat.wait_for("Three steps")


async def test_a_second_admin_joins_the_same_workspace(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await register(on.ayse)
        await register(on.client.chat(DENIZ))
        async with on.store.read() as unit:
            assert len(await unit.operators.workspaces()) == 1


async def test_linking_a_simulated_number_shows_it_connected(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await link(chat)
        async with on.store.read() as unit:
            accounts = await unit.accounts.all()
        assert [account.is_default for account in accounts] == [True]


async def test_a_forged_button_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        message = await chat.wait_for("Three steps", fresh=False)
        await chat.tap_data(message.message_id, "v1|no.such|0|0|0", forged=True)
        await chat.wait_for_toast("older version")
        await chat.tap_data(message.message_id, "garbage", forged=True)
        await chat.wait_for_toast("older version")


async def test_a_strangers_tap_on_a_members_action_meets_the_door(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.client.chat(STRANGER)
        await chat.say("/start")
        shown = await chat.wait_for("This desk is private")
        await chat.tap_data(shown.message_id, "v1|link.simulated|0|0|0", forged=True)
        await chat.wait_for("This desk is private")
        async with on.store.read() as unit:
            assert await unit.accounts.all() == []
