"""Linking a number over WhatsApp Web: the QR in the chat, the code, and what comes of them."""

from functools import partial
from pathlib import Path

import pytest

from bot.sandbox.shown import ShownMessage
from domain.accounts.model import AccountState, Channel
from domain.accounts.web import SessionState, WebSessions, WorkerMissing, WorkerRefuses, WorkerTrouble
from tests.chat.link_parts import (
    BAKERY,
    PIER,
    accounts,
    ask_for_code,
    ask_for_qr,
    gone,
    read_qr,
    the_code,
    the_qr,
    until_deleted,
    waiting,
    waiting_for_whatsapp,
    want_qr,
)
from tests.chat.shop import enter, open_shop
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
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
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
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
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
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        about = await chat.wait_for("can cost you the number")
        data = next(b["callback_data"] for b in about.buttons if "Show QR" in b["text"])
        for _ in range(3):
            await chat.tap_data(about.message_id, data, forged=True)
        await the_qr(chat)
        assert len(on.web.kept) == 1 and len(await on.client.journal("sendPhoto")) == 1


# -- the code ----------------------------------------------------------------------------------------------


async def test_a_code_is_typed_on_the_phone_that_also_shows_this_chat(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        shown = await ask_for_code(chat, "0532 123 45 67")
        remote = await waiting(on)
        code = on.web.code_of(remote)
        assert code is not None
        spaced = f"{code[:4]}-{code[4:]}"
        assert spaced in shown.words and BAKERY in shown.words
        assert shown.buttons[0]["copy_text"] == code
        assert "Link with phone number instead" in shown.words
        on.web.enter_code(remote, code, "Bakery")
        await gone(chat, shown)
        await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert BAKERY in {account.number for account in await accounts(on)}


@pytest.mark.parametrize("text", ["abc", "12", "+90 532", "call me"])
async def test_what_is_no_number_is_explained_and_the_question_stays(tmp_path: Path, text: str) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone, for example +90 5")
        await chat.say(text)
        refused = await chat.wait_for(
            lambda m: "example" in m.words and "Type the WhatsApp number" in m.words
        )
        assert refused.words.index("example") < refused.words.index("Type the WhatsApp number")
        assert on.web.kept == {}
        await chat.say("+90 532 123 45 67")
        await the_code(chat)


async def test_a_code_that_whatsapp_refuses_is_told_and_the_qr_still_works(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        on.web.refuses_codes = True
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        await chat.say(BAKERY)
        told = await chat.wait_for("WhatsApp makes no code for", fresh=False)
        assert BAKERY in told.words and "Show QR" in " ".join(told.button_texts)
        await chat.tap("Show QR")
        await the_qr(chat)


async def test_from_the_qr_to_a_code_and_back_on_the_same_session(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        await chat.say(PIER)
        shown = await the_code(chat)
        await gone(chat, picture)
        await chat.tap("Show QR")
        again = await the_qr(chat)
        await gone(chat, shown)
        assert on.web.waiting == [remote]
        assert await read_qr(chat, again) == on.web.session(remote).qr
        on.web.scan(remote, PIER)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_a_phone_that_scanned_the_qr_while_a_code_was_asked_for_is_linked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        on.web.scan(remote, BAKERY, slowly=True)
        await chat.say(BAKERY)
        await chat.wait_for("The phone is sending what WhatsApp needs", fresh=False)
        on.web._linked(remote, BAKERY, "Bakery", slowly=False)
        await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert on.web.deleted == []


async def test_a_code_that_ended_can_be_made_anew_without_typing_the_number_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        shown = await ask_for_code(chat, BAKERY)
        on.clock.advance(minutes=3)
        await gone(chat, shown)
        await chat.wait_for("This code has ended", fresh=False)
        await chat.tap("Make a new code")
        assert BAKERY in (await the_code(chat)).words


# -- what is in the way --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (WorkerMissing(WorkerTrouble.NODE_MISSING), "sudo apt install nodejs npm"),
        (WorkerMissing(WorkerTrouble.CHROMIUM_MISSING), "sudo apt install chromium"),
        (WorkerMissing(WorkerTrouble.WORKER_NOT_INSTALLED), "installed by itself when a number is linked"),
        (WorkerMissing(WorkerTrouble.WORKER_DOWN), "try again in a minute"),
        (WorkerRefuses("disk_full"), "did not come up (disk_full)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_worker_that_cannot_be_used_is_told_with_what_to_do(
    tmp_path: Path, trouble: Exception, words: str
) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        with on.web.down(trouble):
            await want_qr(chat)
            told = await chat.wait_for("Not linked", fresh=False)
            assert words in told.words
        await chat.tap("Try again")
        await the_qr(chat)


async def test_a_worker_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        with on.web.down():
            await want_qr(chat)
            await chat.wait_for("WhatsApp Web is starting", fresh=False)
        await the_qr(chat)


async def test_whatsapp_that_gives_no_qr_is_told_early_and_at_the_end(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        on.web.quick = False
        await want_qr(chat)
        await chat.wait_for("The QR comes in a moment", fresh=False)
        await waiting_for_whatsapp(on)
        on.clock.advance(seconds=21)
        early = await chat.wait_for("WhatsApp does not answer yet", fresh=False)
        assert "web.whatsapp.com" in early.words and "I go on trying" in early.words
        await chat.say("/status")
        await chat.wait_for("⚠️ 1 session waits for WhatsApp, which does not answer")
        await chat.say("/link")
        await chat.tap("Go on linking")
        await chat.wait_for("WhatsApp does not answer yet")
        on.clock.advance(minutes=3)
        end = await chat.wait_for("No QR or code came from WhatsApp within three minutes", fresh=False)
        assert "Nobody" not in end.words
        on.web.quick = True
        await chat.tap("Try again")
        await the_qr(chat)


async def test_whoever_looks_elsewhere_is_told_that_whatsapp_did_not_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        on.web.quick = False
        await want_qr(chat)
        await waiting_for_whatsapp(on)
        on.clock.advance(seconds=21)
        await chat.wait_for("WhatsApp does not answer yet", fresh=False)
        await chat.say("/contacts")
        await chat.wait_for("Contacts")
        on.clock.advance(minutes=3)
        await chat.wait_for("WhatsApp did not answer, so no QR or code came", fresh=False)


async def test_a_qr_that_comes_late_is_shown_all_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        on.web.quick = False
        await want_qr(chat)
        remote = await waiting_for_whatsapp(on)
        on.clock.advance(seconds=21)
        await chat.wait_for("WhatsApp does not answer yet", fresh=False)
        on.web.rotate(remote)
        picture = await the_qr(chat)
        await chat.wait_for("The QR is below", fresh=False)
        on.clock.advance(minutes=3)
        await gone(chat, picture)
        await chat.wait_for("Nobody scanned it within three minutes", fresh=False)


async def test_what_is_missing_is_installed_and_then_the_qr_comes_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        with on.web.down(WorkerMissing(WorkerTrouble.WORKER_INSTALLING)):
            await want_qr(chat)
            await chat.wait_for("Installing what WhatsApp Web needs", fresh=False)
            on.clock.advance(minutes=5)
        picture = await the_qr(chat)
        on.clock.advance(minutes=2, seconds=30)
        on.web.scan(await waiting(on), BAKERY)
        await gone(chat, picture)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_what_could_not_be_installed_in_time_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        with on.web.down(WorkerMissing(WorkerTrouble.WORKER_INSTALLING)):
            await want_qr(chat)
            await chat.wait_for("Installing what WhatsApp Web needs", fresh=False)
            on.clock.advance(minutes=13)
            await chat.wait_for("could not be installed in time", fresh=False)


async def test_no_room_at_the_worker_is_told_and_nothing_is_left_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        on.web.limit = 0
        chat = on.ayse
        await enter(chat)
        await want_qr(chat)
        told = await chat.wait_for("No more numbers can be linked", fresh=False)
        assert "WORKER_MAX_SESSIONS" in told.words


@pytest.mark.parametrize(
    ("state", "words"),
    [(SessionState.FAILED, "WhatsApp Web did not come up"), (SessionState.RESTRICTED, "has restricted")],
)
async def test_a_session_that_comes_to_nothing_is_told(
    tmp_path: Path, state: SessionState, words: str
) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.become(remote, state, reason="auth_timeout")
        await gone(chat, picture)
        await chat.wait_for(words, fresh=False)
        await until_deleted(on, remote)


async def test_while_the_phone_syncs_the_picture_is_gone_and_the_time_does_not_run_out(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.scan(remote, BAKERY, slowly=True)
        await gone(chat, picture)
        await chat.wait_for("The phone is sending what WhatsApp needs", fresh=False)
        on.clock.advance(minutes=5)
        on.web._linked(remote, BAKERY, "Bakery", slowly=False)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_a_flood_is_waited_out_and_then_the_qr_of_that_moment_is_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
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
