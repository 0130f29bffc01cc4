"""/status: for the desk's admins, and for nobody else."""

import re
from datetime import timedelta
from pathlib import Path

from domain.accounts.model import AccountState
from domain.accounts.web import SessionState, WorkerMissing, WorkerNode, WorkerTrouble
from domain.delivery.recipients import RecipientState
from domain.operators.model import Role
from storage.tables import recipients
from tests.chat.link_parts import linked_before
from tests.chat.shop import HALTING, enter, entered, open_shop
from tests.chat.stage import STRANGER, stage
from tests.chat.team_chat import add
from tests.fakes.stores import a_workspace, an_account


async def test_an_admin_sees_whether_everything_is_at_work(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        await linked_before(shop)
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await chat.say("/status")
            shown = await chat.wait_for("WhatsApp Web workers")
            assert "✅ Telegram answered" in shown.words and "s ago" in shown.words
            assert "0 notices" in shown.words
            assert "✅ main: 1 of 10 sessions, 1 connected, 392 MB" in shown.words
            assert "Database: SQLite, 1 MB" in shown.words
            assert "free of" in shown.words and "Version 0.1.0" in shown.words
            assert re.search(r"Memory: [\d.]+ [MG]B", shown.words)
            assert "✅ Everything is working." in shown.words
            assert f"✅ {shop.number}: connected; 0 sent in 24 hours" in shown.words
            assert {"🔄 Look again", "⬅ Back"} <= set(shown.button_texts)


async def test_a_worker_in_trouble_is_listed_with_what_to_do(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await chat.say("/status")
        await chat.wait_for("✅ main")
        with on.web.down(WorkerMissing(WorkerTrouble.NODE_MISSING)):
            await chat.tap("Look again")
            await chat.wait_for("⚠️ main: WhatsApp Web's worker does not answer")
        await chat.tap("Look again")
        await chat.wait_for("✅ main")


async def test_each_of_several_workers_is_listed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        well = WorkerNode(name="b", sessions=3, limit=5, ready=2, memory_bytes=2**30)
        ill = WorkerNode(
            name="c", sessions=0, limit=0, ready=0, memory_bytes=0, trouble=WorkerTrouble.WORKER_UNAUTHORIZED
        )
        on.web.other_nodes = [well, ill]
        chat = on.ayse
        await enter(chat)
        await chat.say("/status")
        await chat.tap("Look again")
        shown = await chat.wait_for("✅ b: 3 of 5 sessions, 2 connected, 1.0 GB", fresh=False)
        assert "✅ main:" in shown.words and "⚠️ c:" in shown.words and "WHATSAPP_WORKER_TOKEN" in shown.words


async def test_a_worker_that_nobody_needs_yet_is_said_to_be_not_started(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        on.web.other_nodes = [WorkerNode(name="b", sessions=0, limit=0, ready=0, memory_bytes=0)]
        chat = on.ayse
        await enter(chat)
        await chat.say("/status")
        await chat.wait_for("✅ b: not started; it starts with the first number")


async def test_what_the_machine_lacks_is_no_trouble_before_anybody_needs_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        on.web.other_nodes = [
            WorkerNode(
                name="b", sessions=0, limit=0, ready=0, memory_bytes=0, trouble=WorkerTrouble.NODE_MISSING
            )
        ]
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await chat.say("/status")
            await chat.tap("Look again")
            shown = await chat.wait_for("▫️ b: not started. Nobody needs it yet", fresh=False)
            assert "⚠️ b" not in shown.words and "apt install nodejs" in shown.words
            await linked_before(shop)
            await chat.tap("Look again")
            await chat.wait_for("⚠️ b: WhatsApp Web needs Node.js")


async def test_a_linked_number_that_has_lost_whatsapp_is_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        await linked_before(shop)
        async with on.running():
            chat = on.ayse
            await enter(chat)
            on.web.become("web-1", SessionState.OFFLINE)
            await chat.say("/link")
            await chat.wait_for("phone or network away", fresh=False)
            await chat.say("/status")
            await chat.wait_for("⚠️ 1 session waits for WhatsApp")


async def test_telegram_that_has_not_answered_for_long_is_marked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        late = app.poller.last_good_poll
        assert late is not None
        app.machine.last_poll = lambda: on.clock.now() - timedelta(minutes=7, seconds=30)
        await chat.say("/status")
        await chat.wait_for("⚠️ Telegram answered 7 min ago")


async def test_what_waits_what_left_and_what_is_unknown_is_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat = on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        async with on.store.write() as unit:
            rows = await unit.delivery.recipients(id, states=[RecipientState.WAITING])
            one = recipients.c.id == rows[0].id
            await unit.chat._db.execute(recipients.update().where(one).values(state=RecipientState.UNKNOWN))
            await unit.commit()
        await chat.say("/status")
        shown = await chat.wait_for("Waiting to be sent in campaigns: 1")
        assert f"{shop.number}: connected; 1 sent in 24 hours" in shown.words
        assert "Not known whether they arrived, on the whole desk: 1" in shown.words


async def test_a_number_that_is_not_linked_any_more_is_marked_and_so_is_the_whole(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat = on.ayse
        await enter(chat)
        async with on.store.write() as unit:
            await unit.accounts.set_state(
                shop.account, AccountState.UNLINKED, reason="unlinked", at=on.clock.now()
            )
            await unit.commit()
        await chat.say("/status")
        shown = await chat.wait_for(f"⚠️ {shop.number}: not linked any more")
        assert "⚠️ Not everything is working" in shown.words and "Everything is working." not in shown.words


async def test_numbers_of_other_workspaces_are_counted_and_not_named(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.ayse
        await enter(chat)
        async with on.store.write() as unit:
            other = await a_workspace(unit, name="Pier")
            for n, state in enumerate((AccountState.CONNECTED, AccountState.RESTRICTED)):
                id = await an_account(unit, other, number=f"+44770090007{n}", remote=f"sim-other-{n}")
                await unit.accounts.set_state(id, state, reason=None, at=on.clock.now())
            await unit.commit()
        await chat.say("/status")
        shown = await chat.wait_for("⚠️ In other workspaces: 1 connected, 1 restricted by WhatsApp")
        assert "44770090007" not in shown.words and "Pier" not in shown.words


async def test_to_everybody_else_the_command_does_not_exist(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await add(on, shop.space, STRANGER, Role.OWNER)
        owner = on.client.chat(STRANGER)
        await enter(owner)
        await owner.say("/status")
        told = await owner.wait_for("I don't know that command")
        assert "workers" not in told.words
