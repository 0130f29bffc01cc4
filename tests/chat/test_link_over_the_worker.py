"""The same conversations over a real worker process whose WhatsApp is a fake: what the chat takes for granted
holds there too, and nobody waits long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.client import SandboxChat
from tests.chat.link_parts import accounts, ask_for_code, ask_for_qr, gone, read_qr, the_qr
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import Stage, at_work, build_app, eventually, stage
from tests.web_worker import LINE, Hands, fake_worker, workers_at
from whatsapp.web.sessions import WebWorkers


@dataclass(frozen=True, kw_only=True)
class Desk:
    on: Stage
    shop: Shop
    web: WebWorkers
    hands: Hands

    @property
    def chat(self) -> SandboxChat:
        return self.on.ayse

    async def session(self) -> str:
        """The name of the one that is being linked, without its worker's."""

        async def is_there() -> bool:
            async with self.on.store.read() as unit:
                return bool(await unit.linkings.open_of(self.shop.space))

        await eventually(is_there, "a number is being linked")
        async with self.on.store.read() as unit:
            [linking] = await unit.linkings.open_of(self.shop.space)
        return linking.remote.partition("/")[2]


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with stage(folder) as on, fake_worker(folder) as worker, workers_at(main=worker) as web:
        shop = await open_shop(on)
        app = build_app(
            settings=on.settings, store=on.store, media=on.media, world=on.world, clock=on.clock,
            token=on.sandbox.token, paced=False, web=web,
        )  # fmt: skip
        async with at_work(app):
            yield Desk(on=on, shop=shop, web=web, hands=Hands(worker))


async def link(at: Desk) -> None:
    chat = at.chat
    picture = await ask_for_qr(chat)
    await at.hands.do(await at.session(), "scan", number=LINE, name="Bakery")
    await gone(chat, picture)
    await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_a_qr_is_scanned_and_neither_end_waits_long(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat, loop = at.chat, asyncio.get_running_loop()
        await enter(chat)
        await at.web.nodes()
        picture = await ask_for_qr(chat)
        assert await read_qr(chat, picture)
        await chat.tap("Cancel", message=picture)
        await gone(chat, picture)
        began = loop.time()
        picture = await ask_for_qr(chat)
        assert loop.time() - began < 5
        session = await at.session()
        began = loop.time()
        await at.hands.do(session, "scan", number=LINE, name="Bakery")
        await chat.wait_for(f"{LINE} · Bakery · WhatsApp Web · connected", fresh=False)
        assert loop.time() - began < 3
        await gone(chat, picture)
        remotes = {account.number: account.remote for account in await accounts(at.on)}
        assert remotes[LINE] == f"main/{session}"


async def test_a_code_is_typed_on_the_phone(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = at.chat
        await enter(chat)
        shown = await ask_for_code(chat, LINE)
        code = shown.buttons[0]["copy_text"]
        await at.hands.do(await at.session(), "type-code", code=code, number=LINE, name="Bakery")
        await gone(chat, shown)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_from_a_code_back_to_a_qr(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = at.chat
        await enter(chat)
        shown = await ask_for_code(chat, LINE)
        await chat.tap("Show QR")
        picture = await the_qr(chat)
        await gone(chat, shown)
        await at.hands.do(await at.session(), "scan", number=LINE, name="Bakery")
        await gone(chat, picture)


async def test_a_phone_that_unlinked_is_linked_again_under_the_same_session(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = at.chat
        await enter(chat)
        await link(at)
        [account] = [a for a in await accounts(at.on) if a.number == LINE]
        session = account.remote.partition("/")[2]
        await at.hands.do(session, "unlink")
        async with at.on.store.write() as unit:
            state = type(account.state).UNLINKED
            await unit.accounts.set_state(account.id, state, reason="unlinked", at=at.on.clock.now())
            await unit.commit()
        await chat.say("/link")
        await chat.tap(f"Link {LINE} again")
        await chat.tap("Show QR")
        await the_qr(chat)
        await at.hands.do(session, "scan", number=LINE, name="Bakery")
        await chat.wait_for("Paused campaigns wait for your Resume", fresh=False)
        [again] = [a for a in await accounts(at.on) if a.number == LINE]
        assert again.remote == account.remote and again.is_connected


async def test_a_removed_number_leaves_no_session(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = at.chat
        await enter(chat)
        await link(at)
        await chat.say("/link")
        await chat.tap(f"Remove {LINE}")
        await chat.tap("Remove it")
        await chat.wait_for_toast("is removed")

        async def none_left() -> bool:
            [node] = await at.web.nodes()
            async with at.on.store.read() as unit:
                return node.sessions == 0 and await unit.linkings.leftovers(now=at.on.clock.now()) == []

        await eventually(none_left, "no session is left at the worker")


async def test_groups_come_in_over_the_worker(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        chat = at.chat
        await enter(chat)
        await link(at)
        [account] = [a for a in await accounts(at.on) if a.number == LINE]
        members = [{"number": "+905321110001", "name": "Can"}, {"number": None}, {"number": LINE}]
        group = {"id": "120363025246125486@g.us", "name": "Class 3B parents", "members": members}
        await at.hands.do(account.remote.partition("/")[2], "groups", groups=[group])
        await chat.say("/contacts")
        await chat.tap("Import WhatsApp groups")
        await chat.tap("☐ Class 3B parents")
        await chat.tap("📥 Import (1)")
        asked = await chat.wait_for("Together:", fresh=False)
        assert "2 members, 1 with a known number, 1 hidden" in asked.words
        await chat.tap("✅ Import 1 person")
        await chat.wait_for("Imported", fresh=False)
