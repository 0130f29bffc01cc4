"""An operator with numbers of the official channel: the real ones, over WhatsApp's stand-in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.chat.announcer import ChatAnnouncer
from bot.cloud_desk import WebhookAddress
from bot.cloud_numbers import OfficialNumbers
from bot.cloud_secrets import CloudSecrets
from bot.vault import Vault
from domain.accounts.model import Account, Channel
from domain.delivery.cloud_accounts import CloudAccount
from storage.database import Database
from tests.chat.campaign_desk import HintsSeen, Operator
from tests.contract.cloud_standin.stage import SECRET, VERIFY
from tests.contract.cloud_standin.stage import Stage as WhatsApp
from tests.contract.cloud_standin.stage import stage as whatsapp
from tests.fakes.stores import open_store
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.graph import CloudGraph

__all__ = ["SECRET", "VERIFY", "Official", "official"]

HOOK = "https://bakery.example/webhooks/whatsapp"


@dataclass(frozen=True, kw_only=True)
class Official:
    """`whatsapp` has one number with the templates `welcome` and `spring`; `token` is good for it."""

    ayse: Operator
    whatsapp: WhatsApp
    numbers: OfficialNumbers

    @property
    def remote(self) -> str:
        return str(self.whatsapp.account["phone_number_id"])

    @property
    def token(self) -> str:
        return str(self.whatsapp.account["token"])

    async def add(self) -> tuple[Account, CloudAccount]:
        """Through the chat; its health is on screen then."""
        await self.ayse.command("link")
        await self.ayse.tap("Add a Cloud API number")
        await self.ayse.type(self.remote)
        await self.ayse.type(self.token)
        assert self.ayse.refused is None
        return await self.account()

    async def account(self) -> tuple[Account, CloudAccount]:
        async with self.ayse.store.read() as unit:
            account = await unit.accounts.by_remote(Channel.CLOUD, self.remote)
            assert account is not None
            cloud = await unit.cloud.account(account.id)
            assert cloud is not None
        return account, cloud

    async def template(self, name: str, **wish: Any) -> str:
        """One more at WhatsApp; its id."""
        made = await self.whatsapp.control("POST", "templates", {"name": name, **wish})
        return str(made["id"])

    async def notices(self) -> list[str]:
        async with self.ayse.store.read() as unit:
            due = await unit.chat.due_notices(now=self.ayse.clock.now(), limit=50)
        return [str(one.notice.payload["text"]) for one in due]


@asynccontextmanager
async def official(
    folder: Path, *, url: str | None = HOOK, app_secret: str = "", **more: Any
) -> AsyncIterator[Official]:
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(whatsapp(**more))
        client = await stack.enter_async_context(build_cloud_client())
        store = await stack.enter_async_context(open_store(folder))
        ayse = await Operator.begin(store)
        ayse.cloud = numbers = _numbers(store, ayse, there, client, url, app_secret)
        yield Official(ayse=ayse, whatsapp=there, numbers=numbers)


def _numbers(
    store: Database, ayse: Operator, there: WhatsApp, client: Any, url: str | None, app_secret: str
) -> OfficialNumbers:
    announcer = ChatAnnouncer(ayse.clock)
    secrets = CloudSecrets(Vault(b"a key for tests"), store, app_secret=app_secret, verify_token=VERIFY)
    return OfficialNumbers(
        store=store, secrets=secrets, announcer=announcer, watcher=HintsSeen(), clock=ayse.clock,
        directory_for=lambda remote, token: CloudGraph(
            client, CloudLine(base_url=f"{there.standin.url}/v23.0", phone_number_id=remote, token=token)
        ),
        webhook=WebhookAddress(url=url, path="/webhooks/whatsapp", verify_token=VERIFY, takes=False),
    )  # fmt: skip
