"""The official channel put together: what sends over it, what looks after its numbers, what listens."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from bot.cloud_desk import WebhookAddress
from bot.cloud_inbox import GroupedInbox, WebhookWorker
from bot.cloud_numbers import OfficialNumbers
from bot.cloud_preset import Preset, TellRefused
from bot.cloud_secrets import CloudSecrets
from bot.ops.metered import answers_counted
from bot.ops.meters import Meters
from bot.settings import Settings
from bot.tasks import TaskOwner
from bot.vault import Vault
from bot.web_server import WebServer
from domain.accounts.model import Account
from domain.delivery.channel import ChannelEffects, Uploaded, UploadedMedia, WebhookInbox
from domain.delivery.cloud_account import CloudDirectory
from domain.delivery.cloud_news import WebhookReader
from domain.delivery.ports import Attachments, MessageGateway
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.cloud_effects import CloudEffects
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.cloud_webhooks import WorkWebhooks
from domain.scheduler.events import Announcer, Watcher
from domain.scheduler.unit import Unit


@dataclass(frozen=True, kw_only=True)
class CloudLinks:
    """How WhatsApp is reached over its official channel, and how it reaches us. A number is named by its
    `phone_number_id`; its token is asked each time."""

    gateway: Callable[[str, Callable[[], str], UploadedMedia, ChannelEffects], MessageGateway]
    directory: Callable[[str, Callable[[], str]], CloudDirectory]
    reader: Callable[[CloudSecrets], WebhookReader]
    door: Callable[[CloudSecrets, WebhookInbox], ASGIApp]
    attachments: Callable[[str, Callable[[], str]], Attachments]


class KeptUploads:
    """Implements `domain.delivery.channel.UploadedMedia`. A campaign asks for one file again and again: what
    is known is kept at hand."""

    def __init__(self, store: Store[Unit]) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Uploaded] = {}

    async def get(self, remote: str, key: str) -> Uploaded | None:
        if (remote, key) not in self._known:
            async with self._store.read() as unit:
                kept = await unit.cloud.upload(remote, key)
            if kept is None:
                return None
            self._known[remote, key] = kept
        return self._known[remote, key]

    async def put(self, remote: str, key: str, uploaded: Uploaded) -> None:
        async with self._store.write() as unit:
            await unit.cloud.save_upload(remote, key, uploaded)
            await unit.commit()
        self._known[remote, key] = uploaded

    async def forget(self, remote: str, key: str) -> None:
        self._known.pop((remote, key), None)
        async with self._store.write() as unit:
            await unit.cloud.forget_upload(remote, key)
            await unit.commit()


class Official:
    """`pace` is shared with what sends. `key` is the desk's own (bot/keys.py)."""

    def __init__(
        self,
        *,
        links: CloudLinks,
        settings: Settings,
        store: Store[Unit],
        announcer: Announcer,
        watcher: Watcher,
        clock: Clock,
        key: bytes,
        verify_token: str,
        meters: Meters,
        tell: TellRefused | None = None,
    ) -> None:
        self.pace = CloudPace(meters.sends)
        self._links = links
        self._uploads = KeptUploads(store)
        self._gateways: dict[str, MessageGateway] = {}
        self._effects = CloudEffects(
            store=store, announcer=announcer, watcher=watcher, clock=clock, pace=self.pace
        )
        said, secret = settings.whatsapp_verify_token, settings.whatsapp_app_secret
        verify_token = said.get_secret_value() if said is not None else verify_token
        self.secrets = CloudSecrets(
            Vault(key), store, app_secret=secret.get_secret_value() if secret is not None else "",
            verify_token=verify_token,
        )  # fmt: skip
        address = WebhookAddress(
            url=settings.webhook_url, path=settings.webhook_path, verify_token=verify_token, takes=False
        )
        self.numbers = OfficialNumbers(
            store=store, secrets=self.secrets, directory_for=links.directory, announcer=announcer,
            watcher=watcher, clock=clock, webhook=address, preset=_preset(settings),
            tell=tell,
        )  # fmt: skip
        work = WorkWebhooks(
            store=store, reader=links.reader(self.secrets), effects=self._effects, refreshing=self.numbers,
            announcer=announcer, watcher=watcher, clock=clock,
        )  # fmt: skip
        self.worker = WebhookWorker(work, store, clock)
        inbox = GroupedInbox(store, self.worker.bell.ring)
        self.server = WebServer(
            answers_counted(links.door(self.secrets, inbox), meters.webhook_answered),
            host=settings.webhook_host, port=settings.webhook_port, needed=self.secrets.any,
        )  # fmt: skip

    def gateway_for(self, account: Account) -> MessageGateway:
        remote = account.remote
        if remote not in self._gateways:
            self._gateways[remote] = self._links.gateway(
                remote, lambda: self.secrets.token(remote), self._uploads, self._effects
            )
        return self._gateways[remote]

    def attachments_for(self, account: Account) -> Attachments:
        remote = account.remote
        return self._links.attachments(remote, lambda: self.secrets.token(remote))

    async def start(self, tasks: TaskOwner) -> None:
        """Before anything is sent."""
        await self.numbers.start()
        tasks.start("official numbers", self.numbers.run())
        tasks.start("webhooks", self.worker.run())
        tasks.start("web server", self.server.run())


def _preset(settings: Settings) -> Preset | None:
    id, token = settings.whatsapp_phone_number_id, settings.whatsapp_api_token
    if not settings.official_mode or id is None or token is None:
        return None
    return Preset(
        phone_number_id=id,
        token=token.get_secret_value(),
        waba_id=settings.whatsapp_business_account_id or "",
    )
