"""The whole product with a number of the official channel: bot, sandbox and stand-in, each a process.

The number stands in the database as the chat would have put it there; the campaign is started beside it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot.cloud_secrets import CloudSecrets
from bot.vault import Vault
from domain.delivery.recipients import Tally
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from storage.database import Database
from storage.migrate import migrate
from tests.crash.processes import Process, bot_environment, free_port, sandbox_process
from tests.desk_data import AT_ONCE, started_campaign
from tests.fakes.cloud import CHOSEN, SALE, a_cloud_account
from tests.fakes.stores import rich

KEY = "k" * 40
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY = "the word that was agreed"
AYSE = 1001
NUMBER = "+447700900999"

Json = dict[str, Any]


@dataclass(kw_only=True)
class OfficialDesk:
    """`bot` is to be started. `account` is what the stand-in says of the number."""

    url: str
    bot: Process
    client: httpx.AsyncClient
    database: Database
    account: Json
    webhooks: int
    space: WorkspaceId
    member: MemberId
    number: AccountId

    async def control(self, verb: str, path: str, wish: Json | None = None) -> Json:
        answer = await self.client.request(verb, f"/_standin/{path}", json=wish)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said

    async def listen(self) -> None:
        """WhatsApp brings its webhooks to the bot, which has to be up for that."""
        wish = {
            "app_id": self.account["app_id"], "verify_token": VERIFY,
            "url": f"http://127.0.0.1:{self.webhooks}/webhooks/whatsapp",
        }  # fmt: skip
        deadline = time.monotonic() + 30
        while (await self.client.post("/_standin/webhooks", json=wish)).status_code != 200:
            assert time.monotonic() < deadline, self.bot.log.read_text()[-4000:]
            await asyncio.sleep(0.05)

    async def campaign(self, people: int) -> CampaignId:
        """Started, to so many who agreed, with the template."""
        async with self.database.write() as unit:
            id = await started_campaign(unit, self.space, self.member, people=people, pacing=AT_ONCE)
            made = await unit.campaigns.any(id)
            await unit.campaigns.save(replace(made, template=CHOSEN), expected=made.version)
            await unit.commit()
        return id

    async def tally(self, id: CampaignId) -> Tally:
        async with self.database.read() as unit:
            return await unit.delivery.tally(id)

    async def received(self) -> Json:
        """What the stand-in counted: the truth."""
        return await self.control("GET", "received")


@asynccontextmanager
async def standin_process(*arguments: str) -> AsyncIterator[str]:
    """Yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "whatsapp.cloud.standin", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(await asyncio.to_thread(process.stdout.readline))["url"])
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)
        if process.stdout is not None:
            process.stdout.close()


@asynccontextmanager
async def official_desk(
    folder: Path, *standin: str, throughput: float | None = 1000, **settings: str
) -> AsyncIterator[OfficialDesk]:
    """`standin`: arguments of its process; `settings` of the bot."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(sandbox_process(folder))
        url = await stack.enter_async_context(standin_process(*standin))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=60))
        account = await set_the_scene(client, throughput)
        address = f"sqlite+aiosqlite:///{folder / 'data' / 'masssender.db'}"
        (folder / "data").mkdir()
        await migrate(address)
        database = await stack.enter_async_context(Database.open(address))
        space, member, number = await _desk(database, account)
        port = free_port()
        environment = bot_environment(
            sandbox, folder, SECRET_KEY=KEY, WHATSAPP_API_BASE_URL=f"{url}/v23.0", WEBHOOK_PORT=str(port),
            WHATSAPP_APP_SECRET=APP_SECRET, WHATSAPP_VERIFY_TOKEN=VERIFY, LOG_LEVEL="warning",
            MAX_RECIPIENTS_PER_CAMPAIGN="1000000", MAX_SENDS_PER_DAY="1000000", **settings,
        )  # fmt: skip
        bot = Process(["run"], environment, folder / "bot.log")
        stack.push_async_callback(bot.stop)
        yield OfficialDesk(
            url=sandbox, bot=bot, client=client, database=database, account=account, webhooks=port,
            space=space, member=member, number=number,
        )  # fmt: skip


async def set_the_scene(client: httpx.AsyncClient, throughput: float | None) -> Json:
    wish = {
        "app_secret": APP_SECRET, "verify_token": VERIFY, "throughput": throughput, "messaging_limit": None,
        "display_phone_number": NUMBER,
    }  # fmt: skip
    account: Json = (await client.post("/_standin/accounts", json=wish)).raise_for_status().json()
    template = {
        "id": SALE.id, "name": SALE.name, "waba_id": account["waba_id"],
        "components": [{"type": "BODY", "text": SALE.body}],
    }  # fmt: skip
    (await client.post("/_standin/templates", json=template)).raise_for_status()
    return account


async def _desk(database: Database, account: Json) -> tuple[WorkspaceId, MemberId, AccountId]:
    at = datetime.now(UTC)
    remote = str(account["phone_number_id"])
    secrets = CloudSecrets(Vault(KEY.encode()), database, app_secret="", verify_token="")
    async with database.write() as unit:
        space = await unit.operators.create_workspace(
            name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, space)
        member = await unit.operators.create_member(
            workspace_id=space, telegram_id=AYSE, name="Ayşe", role=Role.OWNER, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        number = await a_cloud_account(
            unit, space, number=NUMBER, remote=remote, waba_id=str(account["waba_id"]), app_secret=None,
            token=secrets.seal_token(remote, str(account["token"])).encode(), checked_at=at,
        )  # fmt: skip
        await unit.cloud.save_templates(str(account["waba_id"]), [SALE], at=at)
        await unit.commit()
    return space, member, number
