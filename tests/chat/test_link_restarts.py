"""A restart in the middle of linking changes nothing but the moment."""

from pathlib import Path

from domain.accounts import link_service
from domain.accounts.linking import LinkingState
from tests.chat.link_parts import (
    BAKERY,
    accounts,
    ask_for_code,
    ask_for_qr,
    gone,
    linked_before,
    linkings,
    noted,
    read_qr,
    the_qr,
    until_deleted,
    waiting,
)
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import Stage, eventually, stage


async def until_ended(on: Stage, shop: Shop) -> None:
    async def none_open() -> bool:
        return await linkings(on, shop.space) == []

    await eventually(none_open, "no linking is open")


async def test_the_same_picture_goes_on_turning_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        chat = on.ayse
        async with on.running():
            await enter(chat)
            picture = await ask_for_qr(chat)
            await noted(on, picture)
            remote = await waiting(on)
        content = on.web.rotate(remote)
        async with on.running():
            again = await chat.wait_for(
                lambda m: m.message_id == picture.message_id and m.view["edited"], fresh=False
            )
            assert await read_qr(chat, again) == content
            on.web.scan(remote, BAKERY)
            await gone(chat, picture)
            await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert len(await on.client.journal("sendPhoto")) == 1


async def test_a_phone_that_scanned_while_the_bot_was_away_is_linked_when_it_is_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        chat = on.ayse
        async with on.running():
            await enter(chat)
            picture = await ask_for_qr(chat)
            await noted(on, picture)
            remote = await waiting(on)
        on.web.scan(remote, BAKERY, "Bakery")
        async with on.running():
            await gone(chat, picture)
            await chat.wait_for(f"{BAKERY} · Bakery · WhatsApp Web · connected", fresh=False)
        assert BAKERY in {account.number for account in await accounts(on)}


async def test_what_ran_out_while_the_bot_was_away_is_ended_and_taken_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            picture = await ask_for_qr(chat)
            await noted(on, picture)
            remote = await waiting(on)
        on.clock.advance(minutes=10)
        async with on.running():
            await gone(chat, picture)
            await chat.wait_for("This QR has ended", fresh=False)
            await until_deleted(on, remote)
            await until_ended(on, shop)


async def test_a_wish_that_was_written_down_and_not_begun_is_begun(tmp_path: Path) -> None:
    """Killed after the tap took effect, before the worker was asked."""
    async with stage(tmp_path) as on:
        await open_shop(on)
        chat = on.ayse
        with on.web.down():
            async with on.running():
                await enter(chat)
                await chat.say("/link")
                await chat.tap("Link WhatsApp Web")
                await chat.tap("Show QR")
                await chat.wait_for("WhatsApp Web is starting", fresh=False)
        assert on.web.kept == {}
        async with on.running():
            await the_qr(chat)


async def test_a_message_that_outlived_its_linking_is_taken_away_at_the_next_start(tmp_path: Path) -> None:
    """Killed after the end was written down, before the picture was deleted."""
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            picture = await ask_for_qr(chat)
            await noted(on, picture)
        [linking] = await linkings(on, shop.space)
        async with on.store.write() as unit:
            await link_service.close(
                unit.linkings, unit.accounts, linking, LinkingState.CANCELLED, at=on.clock.now()
            )
            await unit.commit()
        async with on.running():
            await gone(chat, picture)
            await until_deleted(on, linking.remote)


async def test_a_code_that_the_worker_forgot_over_a_restart_is_made_anew_in_the_same_message(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        chat = on.ayse
        async with on.running():
            await enter(chat)
            shown = await ask_for_code(chat, BAKERY)
            await noted(on, shown)
            remote = await waiting(on)
        old = on.web.code_of(remote) or ""
        on.web.kept.clear()
        async with on.running():
            again = await chat.wait_for(
                lambda m: m.message_id == shown.message_id and m.view["edited"], fresh=False
            )
            fresh = on.web.code_of(remote) or ""
            assert fresh != old and fresh == again.buttons[0]["copy_text"]
            on.web.enter_code(remote, fresh)
            await gone(chat, shown)
        assert len(await on.client.journal("sendMessage")) > 0


async def test_a_number_being_linked_again_stays_as_it_was_when_nobody_scans(tmp_path: Path) -> None:
    """Its session is not thrown away: the worker's memory of what was sent is in it."""
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        await linked_before(shop)
        async with on.store.write() as unit:
            [_, account] = await unit.accounts.of_workspace(shop.space)
            await unit.accounts.set_state(
                account.id, type(account.state).UNLINKED, reason="unlinked", at=on.clock.now()
            )
            await unit.commit()
        on.web.unlink("web-1")
        async with on.running():
            await enter(chat)
            await chat.say("/link")
            await chat.tap(f"Link {BAKERY} again")
            await chat.tap("Show QR")
            await the_qr(chat)
        on.clock.advance(minutes=4)
        async with on.running():

            async def logged_out() -> bool:
                return "web-1" in on.web.logged_out

            await eventually(logged_out, "it waits for no phone any more")
        assert on.web.deleted == []


async def test_wiping_the_desk_leaves_no_phone_linked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await linked_before(shop)
        await enter(chat)
        await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.say("/dev_reset")
        await chat.say("Bakery")
        await until_deleted(on, "web-1")
        await until_deleted(on, remote)
