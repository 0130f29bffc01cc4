from collections.abc import AsyncIterator

import pytest

from bot.sandbox import people
from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.state import Sandbox, SandboxConfig
from tests.chat.sandbox.raw import RawBot
from tests.fakes.sandbox import RunningSandbox, running_sandbox

AYSE = 1001

DENIZ = 1002


class SetClock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def sandbox(clock: SetClock) -> Sandbox:
    """A sandbox without a server, in which Ayşe has written to the bot."""
    sandbox = Sandbox(SandboxConfig(clock=clock))
    people.say(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], "/start")
    return sandbox


@pytest.fixture
async def inside(sandbox: Sandbox) -> AsyncIterator[RawBot]:
    """The bot of `sandbox`."""
    async with RawBot.inside(sandbox) as bot:
        yield bot


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
    async with RawBot.over_http(running) as bot:
        yield bot


@pytest.fixture
async def ayse(client: SandboxClient) -> SandboxChat:
    """Ayşe's chat, which she has begun."""
    chat = client.chat(AYSE)
    await chat.say("/start")
    return chat
