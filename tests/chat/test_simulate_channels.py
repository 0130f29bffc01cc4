"""`/simulate` on each channel, with bot, sandbox, stand-in and worker as processes of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from bot.sandbox.client import SandboxChat, SandboxClient
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.ports import ChannelDown
from domain.delivery.simulators import OnlyReal
from domain.kernel.ids import AccountId, WorkspaceId
from tests.chat.stage import link
from tests.crash.processes import Process, bot_environment, sandbox_process
from tests.fakes.stores import NOW
from tests.official_desk import NUMBER, official_desk
from tests.web_desk import arrive, show_qr
from tests.web_worker import HAS_NODE, LINE, Hands, fake_worker
from whatsapp.client import build_client
from whatsapp.cloud.people import CloudPeople

OWNER: Final = 1001
PERSON: Final = "+447700900321"
PATIENCE: Final = 60.0


@asynccontextmanager
async def a_desk(folder: Path, **settings: str) -> AsyncIterator[SandboxChat]:
    """The owner's chat, at home."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(sandbox_process(folder))
        client = await stack.enter_async_context(SandboxClient(url))
        bot = Process(["run"], bot_environment(url, folder, **settings), folder / "bot.log")
        await bot.start()
        stack.push_async_callback(bot.stop)
        chat = client.chat(OWNER)
        await arrive(chat)
        yield chat


async def writes(chat: SandboxChat, text: str, to: str) -> None:
    """The person does, and the chat is told of it."""
    await chat.say(f"/simulate {PERSON} {text}")
    await chat.wait_for(f"{PERSON} has written to {to}", timeout=PATIENCE)
    await chat.wait_for(
        lambda m: text in m.words and PERSON in m.words and "has written to" not in m.words,
        timeout=PATIENCE, fresh=False,
    )  # fmt: skip


async def test_a_simulated_number_is_written_to_at_the_phones(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as chat:
        await link(chat)
        await writes(chat, "Do you deliver?", to="+44")


async def test_an_official_number_is_written_to_by_a_signed_webhook(tmp_path: Path) -> None:
    async with official_desk(tmp_path) as desk, SandboxClient(desk.url) as client:
        await desk.bot.start()
        chat = client.chat(OWNER)
        await chat.say("/start")
        await chat.wait_for(lambda m: bool(m.buttons), timeout=PATIENCE)
        await chat.say(f"/simulate {PERSON} Too early")
        await chat.wait_for("was not told where to bring messages", timeout=PATIENCE)
        await desk.listen()
        before = (await desk.control("GET", "webhooks"))["told"]
        await writes(chat, "Do you deliver?", to=NUMBER)
        assert (await desk.control("GET", "webhooks"))["told"] == before + 1


@pytest.mark.skipif(not HAS_NODE, reason="the worker needs Node.js")
async def test_a_number_of_whatsapp_web_is_written_to_at_its_worker(tmp_path: Path) -> None:
    async with fake_worker(tmp_path / "far") as worker:
        url, token = await worker.address()
        there = {"WHATSAPP_WORKER_URL": url, "WHATSAPP_WORKER_TOKEN": token}
        async with a_desk(tmp_path, **there) as chat, httpx.AsyncClient(trust_env=False) as client:
            await show_qr(chat)
            await chat.wait_for(lambda m: m.photo is not None, timeout=PATIENCE, fresh=False)
            said = await client.get(f"{url}/v1/sessions", headers={"Authorization": f"Bearer {token}"})
            (session,) = [one["id"] for one in said.json()["sessions"]]
            await Hands(worker).do(session, "scan", number=LINE, name="Bakery")
            await chat.wait_for(
                lambda m: LINE in m.words and "is linked" in m.words, timeout=PATIENCE, fresh=False
            )
            await writes(chat, "Do you deliver?", to=LINE)


OFFICIAL: Final = Account(
    id=AccountId(1), workspace_id=WorkspaceId(1), channel=Channel.CLOUD, number=LINE, name="Bakery",
    remote="106540352242922", state=AccountState.CONNECTED, state_reason=None, state_at=NOW, is_default=True,
    created_at=NOW, next_send_at=None, news_cursor=0,
)  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebook.com/v23.0", "http://10.0.0.2:9000/v23.0", "http://127.0.0.1.example.org/v23.0",
        "http://127.0.0.1@example.org/v23.0", "http://localhost.example.org/v23.0",
    ],
)  # fmt: skip
async def test_the_real_api_is_never_asked(url: str) -> None:
    asked: list[httpx.Request] = []

    def heard(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    transport = httpx.MockTransport(heard)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(OnlyReal):
            await CloudPeople(client, url).write(OFFICIAL, PERSON, "Hello")
    assert asked == []


async def test_a_stand_in_that_is_silent_and_something_else_that_listens_there() -> None:
    async with build_client() as client:
        with pytest.raises(ChannelDown):
            await CloudPeople(client, "http://127.0.0.1:9/v23.0").write(OFFICIAL, PERSON, "Hello")
    other = httpx.MockTransport(lambda _: httpx.Response(404))
    async with httpx.AsyncClient(transport=other) as client:
        with pytest.raises(OnlyReal):
            await CloudPeople(client, "http://[::1]:9/v23.0").write(OFFICIAL, PERSON, "Hello")
