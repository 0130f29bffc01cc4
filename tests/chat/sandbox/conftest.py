from collections.abc import AsyncIterator

import pytest

from bot.sandbox.client import SandboxChat, SandboxClient
from tests.chat.sandbox.raw import RawBot
from tests.fakes.sandbox import RunningSandbox, running_sandbox

AYSE = 1001


@pytest.fixture
async def running() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def client(running: RunningSandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(running.url) as client:
        yield client


@pytest.fixture
async def bot(running: RunningSandbox) -> AsyncIterator[RawBot]:
    async with RawBot(running) as bot:
        yield bot


@pytest.fixture
async def ayse(client: SandboxClient) -> SandboxChat:
    """Ayşe's chat, which she has begun."""
    chat = client.chat(AYSE)
    await chat.say("/start")
    return chat
