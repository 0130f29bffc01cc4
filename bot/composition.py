"""The one file that knows every adapter."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import httpx
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.app import App, Channels, Parts
from bot.clock import SystemClock
from bot.sandbox.app import build_sandbox
from bot.settings import Settings
from domain.accounts.model import Account, Channel
from domain.delivery.ports import ChannelDown, MediaStore, MessageGateway, NewsSource
from storage.database import Database, UnknownDatabase
from storage.lock import AlreadyRunning, take_lock
from storage.media import ObstoreMedia
from storage.migrate import DatabaseIsNewer, migrate
from storage.sheets import ProcessSheetReader
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.client import build_client
from whatsapp.simulated.gateway import SimulatedGateway, SimulatedNews, link_number
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import SimulatedWorld

__all__ = [
    "AlreadyRunning", "DatabaseIsNewer", "UnknownDatabase", "Unreachable", "open_app", "open_database",
    "sandbox_app",
]  # fmt: skip

PHONES = "/phones"


class Unreachable(Exception):
    """The database cannot be opened; the text is the system's own reason."""


class SimulatedLinker:
    """Links numbers at the simulated phones."""

    def __init__(self, client: httpx.AsyncClient, url: str | None) -> None:
        self.client, self.url = client, url

    async def link(self, name: str) -> tuple[str, str]:
        linked = await link_number(self.client, self._url(), key=name)
        return linked.account, linked.number

    async def link_again(self, remote: str) -> None:
        try:
            answer = await self.client.post(
                f"{self._url()}/accounts/{remote}/state", json={"state": "connected"}, timeout=10
            )
            answer.raise_for_status()
        except (httpx.HTTPError, OSError) as error:
            raise ChannelDown(str(error)) from error

    def _url(self) -> str:
        if self.url is None:
            raise ChannelDown("SIMULATED_URL is not set")
        return self.url


def channels(settings: Settings, client: httpx.AsyncClient, media: MediaStore) -> Channels:
    url = settings.simulated_url
    gateways: dict[str, MessageGateway] = {}

    def gateway_for(account: Account) -> MessageGateway:
        if account.remote not in gateways:
            gateways[account.remote] = SimulatedGateway(client, url or "", account.remote, media)
        return gateways[account.remote]

    def source_for(account: Account) -> NewsSource:
        return SimulatedNews(client, url or "", account.remote)

    return Channels(
        gateway_for=gateway_for,
        source_for=source_for,
        linker=SimulatedLinker(client, url),
        with_news=frozenset({Channel.SIMULATED}) if url else frozenset(),
    )


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Lock, migrate, open. Raises UnknownDatabase, Unreachable, AlreadyRunning or DatabaseIsNewer."""
    async with AsyncExitStack() as stack:
        try:
            if not settings.database_url:
                settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            await stack.enter_async_context(take_lock(settings.database))
            await migrate(settings.database)
        except OSError as error:
            raise Unreachable(str(error)) from error
        except DBAPIError as error:
            raise Unreachable(str(error.orig).partition("\n")[0]) from error
        database = Database.open(settings.database)
        stack.push_async_callback(database.close)
        yield database


@asynccontextmanager
async def open_app(settings: Settings, database: Database, token: str) -> AsyncIterator[App]:
    """Everything `masssender run` needs, ready to run."""
    media = ObstoreMedia(settings.media)
    async with database.write() as unit:
        desk_id = await unit.operators.desk_id()
        await unit.commit()
    async with build_client() as client:
        yield App(
            Parts(
                settings=settings,
                store=database,
                media=media,
                reader=ProcessSheetReader(),
                channels=channels(settings, client, media),
                clock=SystemClock(),
                rng=Random(),
                owner=secrets.token_hex(8),
                desk_id=desk_id,
                alone=True,
            ),
            token,
        )


def sandbox_app(folder: Path, *, seed: int, instant: bool) -> tuple[Starlette, SimulatedWorld]:
    """The stand-in of Telegram with the phones beside it."""
    behaviour = Behaviour.instant() if instant else Behaviour.believable()
    world = SimulatedWorld(folder=folder / "phones", seed=seed, clock=SystemClock(), behaviour=behaviour)
    return build_sandbox(routes=[Mount(PHONES, app=phones_app(world))]), world
