"""A bakery whose official number is looked after, over WhatsApp's stand-in, without a chat."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from bot.cloud_desk import WebhookAddress
from bot.cloud_inbox import GroupedInbox
from bot.cloud_numbers import OfficialNumbers
from bot.cloud_preset import Preset, TellRefused
from bot.cloud_secrets import CloudSecrets
from bot.senders import Hints
from bot.vault import Vault
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.cloud_account import CloudDirectory
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.template_values import CampaignTemplate
from domain.kernel.ids import AccountId, CampaignId
from tests.contract.cloud_standin.stage import Stage, stage
from tests.fakes.stores import a_list, a_running_campaign
from tests.unit.cloud.bodies import TEXT
from tests.unit.cloud.cast import NUMBER_ID
from tests.unit.scheduler.world import World, world
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.graph import CloudGraph
from whatsapp.cloud.http import WebhookDoor, webhook_app
from whatsapp.cloud.webhooks import sign

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
APP_SECRET = "0123456789abcdef" * 2
ADDRESS = WebhookAddress(url=None, path="/webhooks/whatsapp", verify_token="our-word", takes=False)


@dataclass(kw_only=True)
class Office:
    on: World
    scene: Stage
    client: httpx.AsyncClient
    key: bytes = KEY
    preset: Preset | None = None
    desk_secret: str = ""
    tell: TellRefused | None = None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = CloudSecrets(
            Vault(self.key), self.on.store, app_secret=self.desk_secret, verify_token="our-word"
        )
        self.desk = OfficialNumbers(
            store=self.on.store, secrets=self.secrets, directory_for=self.directory, announcer=self.on.heard,
            watcher=Hints(), clock=self.on.clock, webhook=ADDRESS, preset=self.preset,
            tell=self.tell,
        )  # fmt: skip

    def directory(self, id: str, token: Callable[[], str]) -> CloudDirectory:
        self.asked.append(id)
        line = CloudLine(base_url=f"{self.scene.standin.url}/v23.0", phone_number_id=id, token=token)
        return CloudGraph(self.client, line)

    @property
    def id(self) -> str:
        return str(self.scene.account["phone_number_id"])

    @property
    def token(self) -> str:
        return str(self.scene.account["token"])

    async def add(self, token: str | None = None) -> Account:
        checked = await self.desk.check(self.id, token or self.token)
        async with self.on.store.write() as unit:
            account = await self.desk.keep(unit, self.on.space, checked, at=self.on.clock.now())
            await unit.commit()
        return account

    async def state(self, id: AccountId) -> tuple[Account, CloudAccount]:
        async with self.on.store.read() as unit:
            cloud = await unit.cloud.account(id)
            assert cloud is not None
            return await unit.accounts.account(id), cloud

    async def campaign(self, account: Account, template: str | None = None) -> CampaignId:
        async with self.on.store.write() as unit:
            people = await a_list(unit, self.on.space, 1)
            id = await a_running_campaign(unit, self.on.space, self.on.ayse, account.id, people)
            if template is not None:
                now = await unit.campaigns.any(id)
                chosen = CampaignTemplate(id=template, name="welcome", language="en", values={})
                await unit.campaigns.save(replace(now, template=chosen), expected=now.version)
            await unit.commit()
        return id

    async def standing(self, id: CampaignId) -> tuple[CampaignState, PauseReason | None]:
        async with self.on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        return campaign.state, campaign.pause_reason

    async def use_secret(self, id: AccountId, secret: str) -> None:
        async with self.on.store.write() as unit:
            await self.desk.use_app_secret(unit, id, secret)
            await unit.commit()

    async def brought(self, signer: str) -> int:
        """A webhook about the number comes to the door; how it is answered."""
        raw = json.dumps(TEXT).replace(NUMBER_ID, self.id).encode()
        door = webhook_app(
            WebhookDoor(self.secrets, GroupedInbox(self.on.store, lambda: None), self.on.clock)
        )
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="https://bot.example") as client:
            signed = {"X-Hub-Signature-256": sign(raw, signer)}
            answer = await client.post("/webhooks/whatsapp", content=raw, headers=signed)
        return answer.status_code

    def heard(self, kind: type) -> list[Any]:
        return [one for one in self.on.heard.events if isinstance(one, kind)]

    async def restarted(self, **changes: Any) -> "Office":
        """Another process over the same database."""
        again = replace(self, asked=[], **changes)
        await again.desk.start()
        return again


@asynccontextmanager
async def office(folder: Path, **more: Any) -> AsyncIterator[Office]:
    async with world(folder) as on, stage() as scene, build_cloud_client() as client:
        yield Office(on=on, scene=scene, client=client, **more)
