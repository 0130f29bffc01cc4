"""Linking a number over WhatsApp Web by the QR in the chat, and what comes of it."""

from functools import partial
from pathlib import Path

from bot.sandbox.shown import ShownMessage
from domain.accounts.model import AccountState, Channel
from domain.accounts.web import WebSessions
from tests.chat.link_parts import BAKERY, accounts, ask_for_qr, gone, read_qr, the_qr, until_deleted, waiting
from tests.chat.shop import enter, entered, open_shop
from tests.chat.stage import eventually, register, stage
from tests.fakes.web_sessions import FakeWebSessions


def test_the_fake_has_the_verbs_of_the_port() -> None:
    web: WebSessions = FakeWebSessions()
    assert web.name_for("d-1-1") == "d-1-1"


async def test_a_new_desk_links_by_scanning_the_picture_in_the_chat(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await chat.tap("Link WhatsApp")
        await chat.wait_for("No number is linked yet")
        await chat.tap("Link WhatsApp Web")
        about = await chat.wait_for("can cost you the number")
        assert "Use a number you can afford to lose" in about.words
        await chat.tap("Show QR")
        picture = await the_qr(chat)
        remote = await waiting(on)
        assert await read_qr(chat, picture) == on.web.session(remote).qr
        assert "Linked devices" in picture.words and "ends at" in picture.words
        on.web.scan(remote, BAKERY, "Bakery at the Pier")
        await gone(chat, picture)
        await chat.wait_for(f"{BAKERY} · Bakery at the Pier · WhatsApp Web · connected", fresh=False)
        notice = await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert BAKERY in notice.words
        [account] = await accounts(on)
        assert (account.number, account.channel, account.state, account.remote) == (
            BAKERY, Channel.WEB, AccountState.CONNECTED, remote
        )  # fmt: skip
        async with on.store.read() as unit:
            space = await unit.operators.workspace(account.workspace_id)
            log, _ = await unit.activity.list(space.id)
        assert (space.country, space.zone) == ("TR", "Europe/Istanbul")
        line = next(one for one in log if one.what == "account.linked")
        assert (line.about, line.telegram_id) == (BAKERY, chat.id)
        assert line.after == {"country": "TR", "zone": "Europe/Istanbul"}


async def test_the_picture_is_replaced_in_place_each_time_the_qr_rotates(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        first = await ask_for_qr(chat)
        remote = await waiting(on)
        for _ in range(3):
            content, seen = on.web.rotate(remote), chat.messages[first.message_id].changed
            again = await chat.wait_for(partial(_is_newer, first.message_id, seen), fresh=False)
            assert await read_qr(chat, again) == content
        assert len(await on.client.journal("sendPhoto")) == 1


def _is_newer(message_id: int, changed: int, message: ShownMessage) -> bool:
    return message.message_id == message_id and message.changed > changed


async def test_a_qr_that_nobody_scans_ends_after_three_minutes_and_another_can_be_shown(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        on.clock.advance(minutes=2, seconds=55)
        on.web.rotate(remote)
        await chat.wait_for(lambda m: m.message_id == picture.message_id and m.view["edited"], fresh=False)
        on.clock.advance(seconds=6)
        await gone(chat, picture)
        ended = await chat.wait_for("This QR has ended", fresh=False)
        assert "🔳 Show a new QR" in ended.button_texts
        await until_deleted(on, remote)
        await chat.tap("Show a new QR")
        await the_qr(chat)
        anew = await waiting(on)
        assert anew != remote
        on.web.scan(anew, BAKERY)
        await chat.wait_for("is linked", fresh=False)
        assert {a.number for a in await accounts(on)} == {shop.number, BAKERY}


async def test_whoever_looks_elsewhere_is_told_that_the_qr_has_ended(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        picture = await ask_for_qr(chat)
        await chat.say("/contacts")
        await chat.wait_for("Contacts")
        on.clock.advance(minutes=3)
        await chat.wait_for("Nobody scanned the QR", fresh=False)
        await gone(chat, picture)


async def test_cancel_takes_the_picture_away_and_unlinks_nothing_secretly(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.tap("Cancel", message=picture)
        await chat.wait_for_toast("Nothing was linked")
        await gone(chat, picture)
        await until_deleted(on, remote)
        assert [a.number for a in await accounts(on)] == [shop.number]


async def test_two_taps_on_show_qr_start_one_session(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        about = await chat.wait_for("can cost you the number")
        data = next(b["callback_data"] for b in about.buttons if "Show QR" in b["text"])
        for _ in range(3):
            await chat.tap_data(about.message_id, data, forged=True)
        await the_qr(chat)
        assert len(on.web.kept) == 1 and len(await on.client.journal("sendPhoto")) == 1


async def test_while_the_phone_syncs_the_picture_is_gone_and_the_time_does_not_run_out(
    tmp_path: Path,
) -> None:
    async with entered(tmp_path) as (on, chat):
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.scan(remote, BAKERY, slowly=True)
        await gone(chat, picture)
        await chat.wait_for("The phone is sending what WhatsApp needs", fresh=False)
        on.clock.advance(minutes=5)
        on.web._linked(remote, BAKERY, "Bakery", slowly=False)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_a_flood_is_waited_out_and_then_the_qr_of_that_moment_is_shown(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        await on.client.fault("flood", "editMessageMedia", retry_after=2, times=1)
        on.web.rotate(remote)

        async def refused() -> bool:
            return bool(await on.client.journal("editMessageMedia"))

        await eventually(refused, "the edit was refused")
        latest = on.web.rotate(remote)
        again = await chat.wait_for(
            lambda m: m.message_id == picture.message_id and m.view["edited"], fresh=False
        )
        assert await read_qr(chat, again) == latest
        assert len(await on.client.journal("sendPhoto")) == 1
