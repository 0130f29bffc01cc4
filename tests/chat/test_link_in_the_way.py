"""Linking a number over WhatsApp Web when something is in the way: the worker, WhatsApp, room, time."""

from pathlib import Path

import pytest

from domain.accounts.web import SessionState, WorkerMissing, WorkerRefuses, WorkerTrouble
from tests.chat.link_parts import (
    BAKERY,
    ask_for_qr,
    gone,
    the_qr,
    until_deleted,
    waiting,
    waiting_for_whatsapp,
    want_qr,
)
from tests.chat.shop import enter, entered, open_shop
from tests.chat.stage import stage


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
    async with entered(tmp_path) as (on, chat):
        with on.web.down(trouble):
            await want_qr(chat)
            told = await chat.wait_for("Not linked", fresh=False)
            assert words in told.words
        await chat.tap("Try again")
        await the_qr(chat)


async def test_a_worker_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        with on.web.down():
            await want_qr(chat)
            await chat.wait_for("WhatsApp Web is starting", fresh=False)
        await the_qr(chat)


async def test_whatsapp_that_gives_no_qr_is_told_early_and_at_the_end(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
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
    async with entered(tmp_path) as (on, chat):
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
    async with entered(tmp_path) as (on, chat):
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
    async with entered(tmp_path) as (on, chat):
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
    async with entered(tmp_path) as (on, chat):
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
    async with entered(tmp_path) as (on, chat):
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.become(remote, state, reason="auth_timeout")
        await gone(chat, picture)
        await chat.wait_for(words, fresh=False)
        await until_deleted(on, remote)
