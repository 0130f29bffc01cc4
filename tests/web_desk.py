"""A desk over WhatsApp Web as real processes: sandbox, bot, worker, Chromium, and the stand-in page."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.shown import ShownMessage
from tests.crash.processes import Process, bot_environment, sandbox_process
from tests.web_standin import Standin, qr_in, standin_process

OWNER: Final = 1001
PATIENCE: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class WebDesk:
    """Everything that runs, and whoever operates it."""

    folder: Path
    whatsapp: Standin
    client: SandboxClient
    bot: Process

    @property
    def owner(self) -> SandboxChat:
        return self.client.chat(OWNER)

    @property
    def worker_folder(self) -> Path:
        """Where the worker keeps its sessions, browser profiles included."""
        return self.folder / "data" / "worker"

    @property
    def database(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder / 'data' / 'masssender.db'}"


@asynccontextmanager
async def web_desk(folder: Path, more: Mapping[str, str] | None = None) -> AsyncIterator[WebDesk]:
    """The bot runs; it starts its worker by itself when that is needed."""
    async with AsyncExitStack() as stack:
        whatsapp = await stack.enter_async_context(standin_process(folder / "standin.log"))
        url = await stack.enter_async_context(sandbox_process(folder))
        client = await stack.enter_async_context(SandboxClient(url))
        arguments = {
            "WORKER_CHROMIUM_ARGS": json.dumps(whatsapp.chromium_args),
            "WHATSAPP_WEB_STANDIN_URL": str(whatsapp.http.base_url),
        }
        environment = bot_environment(url, folder, **arguments, **(more or {}))
        bot = Process(["run"], environment, folder / "bot.log")
        await bot.start()
        try:
            yield WebDesk(folder=folder, whatsapp=whatsapp, client=client, bot=bot)
        finally:
            await bot.stop()


async def arrive(chat: SandboxChat) -> None:
    """A first contact, up to Home."""
    await chat.say("/start")
    await chat.tap("I will only message people who agreed", timeout=PATIENCE)
    await chat.wait_for(lambda m: "☑ I will only message people who agreed" in m.button_texts, fresh=False)
    await chat.tap("Continue")
    await chat.wait_for("Welcome to MassSender", fresh=False)


async def show_qr(chat: SandboxChat) -> None:
    """From wherever one is to the QR on its way."""
    await chat.say("/link")
    await chat.tap("WhatsApp Web")
    await chat.tap("Show QR")


async def qr_shown(desk: WebDesk, chat: SandboxChat) -> str:
    """What a phone reads off the picture in the chat, once it is there."""
    shown = await chat.wait_for(
        lambda m: m.photo is not None and "Scan this" in m.words, timeout=PATIENCE, fresh=False
    )
    return qr_in(await chat.download(shown))


async def connected(chat: SandboxChat, number: str) -> ShownMessage:
    return await chat.wait_for(
        lambda m: number in m.words and "is linked" in m.words, timeout=PATIENCE, fresh=False
    )


async def link_by_qr(
    desk: WebDesk, chat: SandboxChat, number: str, name: str = "Bakery"
) -> tuple[float, float]:
    """Returns how long it took, in seconds: from the tap to the QR in the chat, and from the scan to the word
    that the number is linked."""
    now = asyncio.get_running_loop().time
    await show_qr(chat)
    tapped = now()
    qr = await qr_shown(desk, chat)
    shown = now()
    await desk.whatsapp.scan(qr, number, name)
    await connected(chat, number)
    return shown - tapped, now() - shown
