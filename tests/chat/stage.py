"""A whole desk for conversation tests: the unmodified bot, a sandbox over real HTTP, phones in-process."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, Protocol

import httpx

from bot.app import App
from bot.channels import Channels
from bot.chat.limiter import ChatLimiter
from bot.composition import cloud_links
from bot.keys import signer
from bot.parts import Parts
from bot.sandbox.client import SandboxChat, SandboxClient
from bot.settings import GRAPH, Settings
from bot.tasks import TaskOwner
from domain.accounts.model import Account, Channel
from domain.accounts.web import WebSessions
from domain.delivery.ports import MessageGateway, NewsSource
from storage.database import Database
from storage.media import ObstoreMedia
from storage.schema import schema_of
from storage.sheets.client import ProcessSheetReader
from tests.fakes.journal import FakeJournal
from tests.fakes.sandbox import RunningSandbox, running_sandbox
from tests.fakes.stores import open_store
from tests.fakes.web_sessions import FakeWebSessions
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.gateway import InProcessAttachments, InProcessGateway, InProcessNews
from whatsapp.simulated.world import SimulatedWorld

AYSE, DENIZ, STRANGER = 1001, 1002, 1003


class MovableClock:
    """The machine's clock, which a test can put forward: whoever sleeps wakes when their time has come."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **span: float) -> None:
        self._ahead += timedelta(**span)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep_until(self, moment: datetime) -> None:
        while (left := (moment - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                continue


class WorldLinker:
    """Links numbers of a world in this process."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def link(self, name: str) -> tuple[str, str]:
        account = await self.world.link(link_key=name)
        return account.id, account.number

    async def link_again(self, remote: str) -> None:
        await self.world.turn(remote, "connected")


class WebLine(WebSessions, Protocol):
    """Sessions of WhatsApp Web, and what happens there by itself."""

    def news(self, remote: str) -> NewsSource: ...


async def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no official channel on this stage", request=request)


NOBODY: Final = httpx.AsyncClient(transport=httpx.MockTransport(_nobody))
KEY: Final = b"a key for tests of thirty-two bytes"


class PeopleOf:
    """Of a world in this process."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def write(self, account: Account, sender: str, text: str) -> None:
        await self.world.reply(sender, text, account=account.remote)


def build_app(
    *, settings: Settings, store: Database, media: ObstoreMedia, world: SimulatedWorld, clock: MovableClock,
    token: str, paced: bool, web: WebLine | None = None, official: httpx.AsyncClient = NOBODY,
) -> App:  # fmt: skip
    """The unmodified bot, with phones in this process. `official`: what reaches the Cloud API."""
    sessions = web or FakeWebSessions()

    def gateway_for(account: Account) -> MessageGateway:
        return InProcessGateway(world, account.remote, media)

    def source_for(account: Account) -> NewsSource:
        if account.remote not in world.book.accounts:
            return sessions.news(account.remote)
        return InProcessNews(world, account.remote)

    channels = Channels(
        gateway_for=gateway_for,
        source_for=source_for,
        linker=WorldLinker(world),
        with_news=frozenset({Channel.SIMULATED, Channel.WEB}),
        journal_for=lambda _: FakeJournal(),
        web=sessions,
        attachments_for=lambda _: InProcessAttachments(world),
        simulators={Channel.SIMULATED: PeopleOf(world)},
    )
    app = App(
        Parts(
            settings=settings,
            store=store,
            wakes=store.wakes,
            listen=store.listen,
            tell=store.tell,
            media=media,
            reader=ProcessSheetReader(),
            channels=channels,
            cloud=cloud_links(settings, official, media),
            clock=clock,
            rng=Random(7),
            owner=secrets.token_hex(8),
            desk_id="desk",
            key=KEY,
            sign=signer(KEY),
            turns=None,
            schema=lambda: schema_of(store),
        ),
        token,
    )
    # A clock that is set by hand is looked at often: the time until then does not pass by itself.
    app.senders.drivers.glance = timedelta(seconds=0.5)
    limiter = app.ptb.bot.rate_limiter
    if not paced and isinstance(limiter, ChatLimiter):
        limiter.chat_rate, limiter.burst = 1000.0, 1000.0
        limiter.group_rate, limiter.group_burst = 1000.0, 1000.0
    return app


@asynccontextmanager
async def at_work(app: App) -> AsyncIterator[App]:
    """The bot at work while the block runs, then stopped in order."""
    stop = asyncio.Event()
    async with TaskOwner() as tasks:
        work = tasks.start("bot", app.run(stop))
        try:
            yield app
        finally:
            stop.set()
            await work


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The desk and what stands around it."""

    folder: Path
    sandbox: RunningSandbox
    client: SandboxClient
    world: SimulatedWorld
    store: Database
    media: ObstoreMedia
    settings: Settings
    clock: MovableClock
    web: FakeWebSessions
    #: Whether the bot paces itself in a chat as Telegram asks; most tests have no time for that.
    paced: bool
    official: httpx.AsyncClient

    @property
    def ayse(self) -> SandboxChat:
        """The admin's chat; look at it through one variable, it remembers what was seen."""
        return self.client.chat(AYSE)

    def app(self) -> App:
        """The bot, put together afresh as after a restart."""
        return build_app(
            settings=self.settings, store=self.store, media=self.media, world=self.world, clock=self.clock,
            token=self.sandbox.token, paced=self.paced, web=self.web, official=self.official,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The bot at work while the block runs, then stopped in order."""
        async with at_work(self.app()) as app:
            yield app


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    behaviour: Behaviour | None = None,
    cap: int = 200,
    a_day: int = 500,
    paced: bool = False,
    official: tuple[str, httpx.AsyncClient] | None = None,
) -> AsyncIterator[Stage]:
    """Everything but the bot, which a test starts (and starts again) with `running`. `official`: where the
    Cloud API answers, and what reaches it."""
    clock = MovableClock()
    world = SimulatedWorld(
        folder=folder / "phones", seed=7, clock=clock, behaviour=behaviour or Behaviour.instant()
    )
    async with (
        running_sandbox() as sandbox,
        SandboxClient(sandbox.url) as client,
        open_store(folder) as store,
    ):
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            environment="development",
            admin_ids=frozenset({AYSE, DENIZ}),
            telegram_api_url=sandbox.url,
            data_dir=folder,
            max_recipients_per_campaign=cap,
            max_sends_per_day=a_day,
            trial_points=1_000_000,
            trial_days=3_650,
            webhook_port=0,
            webhook_url="https://desk.example/webhooks/whatsapp",
            whatsapp_api_base_url=official[0] if official else GRAPH,
        )
        try:
            yield Stage(
                folder=folder,
                sandbox=sandbox,
                client=client,
                world=world,
                store=store,
                media=ObstoreMedia(str(folder / "media")),
                settings=settings,
                clock=clock,
                web=FakeWebSessions(),
                paced=paced,
                official=official[1] if official else NOBODY,
            )
        finally:
            world.close()


async def register(chat: SandboxChat) -> None:
    """Through the door: terms ticked, home on screen."""
    await chat.say("/start")
    await chat.tap("☐ I will only message people who agreed")
    await chat.tap("Continue")
    await chat.wait_for("Three steps", fresh=False)


async def link(chat: SandboxChat) -> None:
    """With a simulated number; home on screen again."""
    await chat.say("/link")
    await chat.tap("Link a simulated number")
    await chat.wait_for("connected", fresh=False)


async def eventually(true: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 20) -> None:
    """Until it holds; for what shows in no chat. Raises AssertionError with `what`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.02)
