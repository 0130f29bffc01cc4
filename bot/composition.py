"""The one file that knows every adapter."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from bot import demo_number
from bot.app import App
from bot.channels import Channels
from bot.clock import SystemClock
from bot.cloud_secrets import CloudSecrets
from bot.doctor.parts import DoctorParts
from bot.keys import NoKey, load_key, signer
from bot.official import CloudLinks
from bot.parts import Parts
from bot.sender_app import SenderApp
from bot.settings import MAIN_WORKER, Settings
from bot.worker import OwnWorker
from domain.accounts.model import Account, Channel
from domain.delivery.channel import WebhookInbox
from domain.delivery.ports import Attachments, ChannelDown, MediaStore, MessageGateway, NewsSource
from domain.delivery.simulators import Simulator
from domain.scheduler.turns import Turns
from storage import administration
from storage.administration import MovedAway, StillACopy, check_not_moved, check_settled, kept_copies
from storage.database import POSTGRES_DRIVER, Database, UnknownDatabase, parse_url
from storage.examination import examine
from storage.folder import files_in
from storage.lock import AlreadyRunning, take_lock
from storage.media_place import BadAddress
from storage.migrate import (
    CannotBeShared,
    DatabaseIsNewer,
    DatabaseIsOlder,
    TablesHeld,
    check_revision,
    migrate,
)
from storage.reach import Unreachable, reached
from storage.schema import schema_of
from storage.sheets.client import ProcessSheetReader
from whatsapp.client import build_client, build_cloud_client
from whatsapp.cloud.attachments import CloudAttachments
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.gateway import CloudGateway
from whatsapp.cloud.graph import CloudGraph
from whatsapp.cloud.http import WebhookDoor, webhook_app
from whatsapp.cloud.people import CloudPeople
from whatsapp.cloud.signed import SignedReader
from whatsapp.simulated.gateway import (
    SimulatedAttachments,
    SimulatedGateway,
    SimulatedNews,
    SimulatedPeople,
    link_number,
)
from whatsapp.web.sessions import WebWorkers
from whatsapp.web.worker import FixedPlace, Place

# What only a desk that plays, or shares its database, needs is imported where it is made: it would take a
# third of the memory of one that does neither, and as much of the time until it is ready.
if TYPE_CHECKING:
    from whatsapp.cloud.standin.app import StandIn
    from whatsapp.simulated.world import SimulatedWorld

__all__ = [
    "AlreadyRunning",
    "BadAddress",
    "CannotBeShared",
    "DatabaseIsNewer",
    "DatabaseIsOlder",
    "MovedAway",
    "NoKey",
    "StillACopy",
    "TablesHeld",
    "UnknownDatabase",
    "Unreachable",
    "administration",
    "official_standin",
    "open_app",
    "open_database",
    "open_doctor",
    "open_sender",
    "sandbox_app",
    "share_database",
    "worker_phones",
]  # fmt: skip

PHONES = "/phones"
OFFICIAL_PHONES = "/official-phones"
WEB_PHONES = "/web-phones"
MOST_WEB_CONNECTIONS = 1_000
#: Of all official numbers together: each has up to 800 messages on their way.
MOST_CLOUD_CONNECTIONS = 2_000


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


def channels(settings: Settings, client: httpx.AsyncClient, media: MediaStore, web: WebWorkers) -> Channels:
    url = settings.simulated_url
    gateways: dict[tuple[Channel, str], MessageGateway] = {}

    def made_for(account: Account) -> MessageGateway:
        if account.channel is Channel.WEB:
            return web.gateway(account.remote, media)
        return SimulatedGateway(client, url or "", account.remote, media)

    def gateway_for(account: Account) -> MessageGateway:
        key = account.channel, account.remote
        if key not in gateways:
            gateways[key] = made_for(account)
        return gateways[key]

    def source_for(account: Account) -> NewsSource:
        if account.channel is Channel.WEB:
            return web.news(account.remote)
        return SimulatedNews(client, url or "", account.remote)

    def attachments_for(account: Account) -> Attachments:
        if account.channel is Channel.WEB:
            return web.attachments(account.remote)
        return SimulatedAttachments(client, url or "", account.remote)

    return Channels(
        gateway_for=gateway_for,
        source_for=source_for,
        linker=SimulatedLinker(client, url),
        with_news=frozenset({Channel.WEB, Channel.SIMULATED} if url else {Channel.WEB}),
        journal_for=lambda account: web.journal(account.remote),
        with_journal=frozenset({Channel.WEB}),
        web=web,
        attachments_for=attachments_for,
        simulators=simulators(settings, client, web),
    )


def simulators(settings: Settings, client: httpx.AsyncClient, web: WebWorkers) -> dict[Channel, Simulator]:
    """People who can be made to write; in production nobody can."""
    if settings.environment == "production":
        return {}
    people: dict[Channel, Simulator] = {
        Channel.CLOUD: CloudPeople(client, settings.whatsapp_api_base_url),
        Channel.WEB: web.people(settings.whatsapp_web_standin_url),
    }
    if settings.simulated_url:
        people[Channel.SIMULATED] = SimulatedPeople(client, settings.simulated_url)
    return people


class _Pieces:
    """Implements `domain.delivery.channel.MediaStream`."""

    def __init__(self, media: MediaStore) -> None:
        self._media = media

    def pieces(self, key: str) -> AsyncIterator[bytes]:
        return self._media.stream(key)


def cloud_links(settings: Settings, client: httpx.AsyncClient, media: MediaStore) -> CloudLinks:
    clock = SystemClock()

    def line(id: str, token: Callable[[], str]) -> CloudLine:
        return CloudLine(base_url=settings.whatsapp_api_base_url, phone_number_id=id, token=token)

    def door(keys: CloudSecrets, inbox: WebhookInbox) -> Starlette:
        return webhook_app(WebhookDoor(keys, inbox, clock), settings.webhook_path)

    return CloudLinks(
        gateway=lambda id, token, uploaded, effects: CloudGateway(
            client, line(id, token), files=_Pieces(media), uploaded=uploaded, effects=effects, clock=clock
        ),
        directory=lambda id, token: CloudGraph(client, line(id, token)),
        reader=SignedReader,
        door=door,
        attachments=lambda id, token: CloudAttachments(client, line(id, token)),
    )


def web_workers(settings: Settings, client: httpx.AsyncClient, own: OwnWorker) -> WebWorkers:
    """Those of the settings; or our own, which is started when it is needed."""
    places: dict[str, Place] = {
        name: FixedPlace(url, settings.worker_token) for name, url in settings.whatsapp_worker_url.items()
    }
    return WebWorkers(client, places or {MAIN_WORKER: own})


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Lock, migrate, open. Raises UnknownDatabase, Unreachable, AlreadyRunning, DatabaseIsNewer or
    MovedAway."""
    async with AsyncExitStack() as stack:
        with reached():
            if not settings.database_url:
                settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            await stack.enter_async_context(take_lock(settings.database))
            check_not_moved(settings.database)
            await migrate(settings.database)
        database = Database.open(settings.database)
        stack.push_async_callback(database.close)
        yield database


@asynccontextmanager
async def share_database(settings: Settings) -> AsyncIterator[Database]:
    """Open what another process has locked and migrated. Raises UnknownDatabase, Unreachable, CannotBeShared,
    DatabaseIsOlder, DatabaseIsNewer or StillACopy."""
    with reached():
        await check_revision(settings.database)
    async with Database.open(settings.database) as database:
        await check_settled(database)
        yield database


@asynccontextmanager
async def open_doctor(settings: Settings) -> AsyncIterator[DoctorParts]:
    """Opens nothing yet, and changes nothing. Raises UnknownDatabase."""
    url, days = settings.database, settings.backup_keep_days
    places: dict[str, Place] = {
        name: FixedPlace(at, settings.worker_token) for name, at in settings.whatsapp_worker_url.items()
    }
    async with build_client() as client, Database.open(url) as database:
        yield DoctorParts(
            settings=settings,
            clock=SystemClock(),
            client=client,
            examine=lambda: examine(url),
            unreachable=(Unreachable,),
            store=database,
            directory=lambda id, token: CloudGraph(
                client, CloudLine(base_url=settings.whatsapp_api_base_url, phone_number_id=id, token=token)
            ),
            workers=WebWorkers(client, places) if places else None,
            copies=kept_copies(url, settings.backups, days=days),
        )


@asynccontextmanager
async def _parts(settings: Settings, database: Database, *, with_worker: bool) -> AsyncIterator[Parts]:
    """Raises NoKey; BadAddress or MediaAway where files cannot be kept."""
    media = files_in(settings.media)
    await media.check()
    key = load_key(settings)
    async with database.write() as unit:
        desk_id = await unit.operators.desk_id()
        await unit.commit()
    # Long polls, one an account and more, must not use up the connections that sends need.
    async with (
        build_client() as client,
        build_client(connections=MOST_WEB_CONNECTIONS) as web_client,
        build_cloud_client(connections=MOST_CLOUD_CONNECTIONS) as cloud_client,
        OwnWorker(settings) as own,
        _turns(settings, with_worker=with_worker) as turns,
    ):
        web = web_workers(settings, web_client, own)
        yield Parts(
            settings=settings,
            store=database,
            wakes=database.wakes,
            listen=database.listen,
            tell=database.tell,
            media=media,
            reader=ProcessSheetReader(),
            channels=channels(settings, client, media, web),
            cloud=cloud_links(settings, cloud_client, media),
            clock=SystemClock(),
            rng=Random(),
            owner=secrets.token_hex(8),
            desk_id=desk_id,
            key=key,
            sign=signer(key),
            turns=turns,
            copies=kept_copies(settings.database, settings.backups, days=settings.backup_keep_days),
            schema=lambda: schema_of(database),
        )


@asynccontextmanager
async def _turns(settings: Settings, *, with_worker: bool) -> AsyncIterator[Turns | None]:
    """Nobody shares a file of SQLite's. `with_worker`: WhatsApp Web's is started where none is named."""
    url = parse_url(settings.database)
    if url.drivername != POSTGRES_DRIVER:
        yield None
        return
    from storage.turns import ProcrastinateTurns

    reached = {Channel.CLOUD}
    if with_worker or settings.whatsapp_worker_url:
        reached.add(Channel.WEB)
    if settings.simulated_url:
        reached.add(Channel.SIMULATED)
    async with ProcrastinateTurns(url, at_once=settings.accounts_at_once, channels=reached) as turns:
        yield turns


@asynccontextmanager
async def open_app(settings: Settings, database: Database, token: str) -> AsyncIterator[App]:
    """Everything `masssender run` needs, ready to run. Raises NoKey."""
    async with _parts(settings, database, with_worker=True) as parts:
        app = App(parts, token)
        async with app.inside.served(settings.ops):
            yield app


@asynccontextmanager
async def open_sender(settings: Settings, database: Database) -> AsyncIterator[SenderApp]:
    """Everything `masssender sender` needs, ready to run. Raises NoKey."""
    async with _parts(settings, database, with_worker=False) as parts:
        app = SenderApp(parts)
        async with app.inside.served(settings.ops):
            yield app


@asynccontextmanager
async def official_standin(port: int, *, seed: int) -> AsyncIterator["StandIn"]:
    """WhatsApp's official channel on this machine, with the demo's number and some templates."""
    from whatsapp.cloud.standin.app import StandIn
    from whatsapp.cloud.standin.review import add_template
    from whatsapp.cloud.standin.scene import add_account

    async with StandIn(port=port, seed=seed) as standin:
        add_account(
            standin.world,
            {
                "app_id": demo_number.APP_ID, "app_secret": demo_number.APP_SECRET,
                "verify_token": demo_number.VERIFY_TOKEN, "phone_number_id": demo_number.ID,
                "token": demo_number.TOKEN, "verified_name": "Ada's Flowers", "throughput": 80,
                "messaging_limit": 2_000,
            },
        )  # fmt: skip
        for name, category, text in demo_number.TEMPLATES:
            wish = {"name": name, "category": category, "components": [{"type": "BODY", "text": text}]}
            add_template(standin.world, wish)
        standin.world.behaviour = standin.world.behaviour.changed(demo_number.PEOPLE)
        yield standin


@asynccontextmanager
async def worker_phones(settings: Settings) -> AsyncIterator[Starlette | None]:
    """The phones of the people of workers that only play WhatsApp, where the settings name workers."""
    from whatsapp.web.fake_phones import FakeWorker, fake_phones

    workers = [
        FakeWorker(url=url, token=settings.worker_token) for url in settings.whatsapp_worker_url.values()
    ]
    async with build_client() as client:
        yield fake_phones(client, workers) if workers else None


def sandbox_app(
    folder: Path, *, seed: int, instant: bool, official: "StandIn | None" = None, web: Starlette | None = None
) -> tuple[Starlette, "SimulatedWorld"]:
    """The stand-in of Telegram with the phones beside it; `official` and `web`: those of their people too."""
    from bot.sandbox.app import build_sandbox
    from whatsapp.cloud.standin.phones import official_phones
    from whatsapp.simulated.behaviour import Behaviour
    from whatsapp.simulated.http import phones_app
    from whatsapp.simulated.world import SimulatedWorld

    behaviour = Behaviour.instant() if instant else Behaviour.believable()
    world = SimulatedWorld(folder=folder / "phones", seed=seed, clock=SystemClock(), behaviour=behaviour)
    routes, others = [], []
    if official is not None:
        others.append(f"{OFFICIAL_PHONES}/api")
        routes.append(Mount(OFFICIAL_PHONES, app=official_phones(official.world)))
    if web is not None:
        others.append(f"{WEB_PHONES}/api")
        routes.append(Mount(WEB_PHONES, app=web))
    routes.append(Mount(PHONES, app=phones_app(world, others=others)))
    return build_sandbox(routes=routes), world
