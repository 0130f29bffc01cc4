"""`masssender demo` in processes of its own: the official channel, from the phones page to the chat."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bot import demo_number
from bot.demo import ADMIN, OFFICIAL, WEBHOOKS
from bot.sandbox.client import SandboxClient
from tests.web_desk import arrive

PERSON = "+905321234567"
PATIENCE = 60.0


def three_ports() -> int:
    """The first of three in a row that nobody listens on."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        try:
            for one in (port, port + OFFICIAL, port + WEBHOOKS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", one))
        except (OSError, OverflowError):
            continue
        return port


@asynccontextmanager
async def the_demo(folder: Path) -> AsyncIterator[str]:
    """Its address, once everything is up."""
    port = three_ports()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    command = [sys.executable, "-m", "bot", "demo", "--no-tour", "--port", str(port), "--folder", str(folder)]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(PATIENCE):
            while b"Cloud" not in said:
                said = await process.stdout.readline()
                assert said, "the demo ended by itself"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


async def test_a_person_of_the_official_channel_answers_on_the_phones_page_and_the_chat_is_told(
    tmp_path: Path,
) -> None:
    async with the_demo(tmp_path) as url, SandboxClient(url) as client:
        chat = client.chat(ADMIN)
        await arrive(chat)
        await chat.say("/link")
        await chat.tap("Add a Cloud API number")
        await chat.say(demo_number.ID)
        await chat.say(demo_number.TOKEN)
        await chat.wait_for("Ada's Flowers", timeout=PATIENCE, fresh=False)
        await chat.say(f"/simulate {PERSON} Do you deliver?")
        await chat.wait_for("Do you deliver?", timeout=PATIENCE, fresh=False)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as page:
            (api,) = (await page.get("/phones/api/sources")).json()["others"]
            (phone,) = (await page.get(f"{api}/phones")).json()["phones"]
            assert (phone["number"], phone["channel"]) == (PERSON, "cloud")
            answer = await page.post(f"{api}/phones/{PERSON}/reply", json={"text": "On Sundays too?"})
            assert answer.is_success, answer.text
        await chat.wait_for("On Sundays too?", timeout=PATIENCE, fresh=False)
