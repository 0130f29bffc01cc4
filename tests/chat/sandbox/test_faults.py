"""Scripted misfortune happens as scripted, to the calls named, as often as said."""

import asyncio
from typing import Any

import httpx
import pytest

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.faults import Fault, FaultBook
from tests.chat.sandbox.conftest import AYSE
from tests.chat.sandbox.raw import RawBot, Refused
from tests.fakes.sandbox import RunningSandbox


async def on_screen(ayse: SandboxChat, text: str) -> bool:
    await ayse.refresh()
    return any(message.text == text for message in ayse.messages.values())


async def test_a_flood_wait_carries_its_seconds_and_has_no_effect(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    await client.fault("flood", "sendMessage", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await bot.call("sendMessage", chat_id=AYSE, text="x")
        assert refused.value.body == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        }
    assert not await on_screen(ayse, "x")
    assert await bot.call("sendMessage", chat_id=AYSE, text="x")


async def test_an_outage_lasts_until_it_is_cleared(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    await client.fault("error", times=None, status=503, description="Service Unavailable")
    for method in ("getMe", "getUpdates", "getMe"):
        with pytest.raises(Refused, match="503 Service Unavailable"):
            await bot.call(method)
    await client.clear_faults()
    assert await bot.call("getMe")


async def test_silence_takes_the_message_and_never_answers(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    await client.fault("silence", "sendMessage")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await bot.call("sendMessage", chat_id=AYSE, text="unconfirmed")
    assert await on_screen(ayse, "unconfirmed")
    (call,) = await client.journal("sendMessage")
    assert (call["ok"], call["fault"]) == (None, "silence")


@pytest.mark.parametrize(("kind", "arrived"), [("drop_before", False), ("drop_after", True)])
async def test_a_cut_connection_is_cut_before_or_after_the_effect(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot, kind: str, arrived: bool
) -> None:
    await client.fault(kind, "sendMessage")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await bot.call("sendMessage", chat_id=AYSE, text="cut")
    assert await on_screen(ayse, "cut") is arrived
    assert await bot.call("sendMessage", chat_id=AYSE, text="whole")


async def test_a_delay_answers_later(client: SandboxClient, bot: RawBot) -> None:
    await client.fault("delay", "getMe", seconds=0.3)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await bot.call("getMe")
    assert loop.time() - began >= 0.29


async def test_a_fault_may_mean_one_chat_and_let_some_calls_pass_first(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    await client.chat(1002).say("/start")
    await client.fault("flood", "sendMessage", chat_id=1002, skip=1)
    assert await bot.call("sendMessage", chat_id=1002, text="passes")
    assert await bot.call("sendMessage", chat_id=AYSE, text="another chat")
    with pytest.raises(Refused, match="429"):
        await bot.call("sendMessage", chat_id=1002, text="x")


async def test_stopping_the_sandbox_lets_silenced_and_polling_clients_go(running: RunningSandbox) -> None:
    running.sandbox.faults.add(Fault(kind="silence", method="getMe"))
    async with RawBot.over_http(running) as bot:
        calls = asyncio.gather(bot.call("getMe"), bot.updates(timeout=50), return_exceptions=True)
        async with asyncio.timeout(5):
            while len(running.sandbox.silenced) == 0:
                await asyncio.sleep(0)
            running.sandbox.close()
            silenced, polled = await calls
    assert isinstance(silenced, httpx.TransportError)
    assert polled == []


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({}, "kind must be one of flood, error, silence, drop_before, drop_after, delay"),
        ({"kind": "flood", "metod": "x"}, "unknown fields: metod"),
        ({"kind": "flood", "times": "many"}, "times must be a whole number"),
        ({"kind": "delay", "seconds": "long"}, "seconds must be a number"),
        ({"kind": "error", "description": 5}, "method and description must be text"),
    ],
)
def test_a_senseless_wish_is_explained(wish: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        FaultBook().add_json(wish)


async def test_the_journal_tells_every_call_without_contents_of_files(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    await bot.call("sendDocument", chat_id=AYSE, caption="see", files={"document": ("a.txt", b"secret")})
    with pytest.raises(Refused):
        await bot.call("deleteMessage", chat_id=AYSE, message_id=1)
    sent, refused = await client.journal()
    assert sent["method"] == "sendDocument"
    assert sent["arguments"]["document"] == {"file_name": "a.txt", "mime_type": "text/plain", "size": 6}
    assert (sent["ok"], refused["ok"]) == (True, False)
    assert refused["error"] == "Bad Request: message to delete not found"
    assert await client.journal("deletemessage", after=sent["seq"]) == [refused]
    assert await client.call("DELETE", "/_sandbox/journal") == []
