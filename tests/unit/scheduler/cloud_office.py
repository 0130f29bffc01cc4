"""An office that works the webhooks of its official number, and bodies of such."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.senders import Hints
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.model import Consent
from domain.delivery.channel import ChannelEvent
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId, ListId
from domain.scheduler.cloud_webhooks import WorkWebhooks
from domain.scheduler.events import ReplyReceived
from domain.scheduler.unit import Unit
from tests.fakes.cloud import CHOSEN, REMOTE, SALE, WABA, a_cloud_account
from tests.fakes.stores import NOW, a_list, a_running_campaign
from tests.unit.cloud.bodies import body, status, statuses
from tests.unit.scheduler.world import World, world
from whatsapp.cloud.signed import SignedReader, with_signature
from whatsapp.cloud.webhooks import sign

SECRET, THEIRS = "0123456789abcdef" * 2, "fedcba9876543210" * 2
SHEENA = "+16505551234"


@dataclass
class Keys:
    secrets: dict[str, str] = field(default_factory=lambda: {REMOTE: SECRET, "999": THEIRS})

    def app_secrets(self) -> Sequence[str]:
        return list(self.secrets.values())

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        return [self.secrets[phone_number_id]] if phone_number_id in self.secrets else []

    def verify_tokens(self) -> Sequence[str]:
        return ()


@dataclass
class Applied:
    """Effects that were asked for, and numbers that should be asked about."""

    events: list[ChannelEvent] = field(default_factory=list)
    stale: list[AccountId] = field(default_factory=list)

    async def apply(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        self.events.append(event)

    def soon(self, ids: Sequence[AccountId]) -> None:
        self.stale.extend(ids)


@dataclass(kw_only=True)
class Office:
    on: World
    number: AccountId
    people: ListId
    keys: Keys = field(default_factory=Keys)
    applied: Applied = field(default_factory=Applied)

    def __post_init__(self) -> None:
        self.work = WorkWebhooks(
            store=self.on.store, reader=SignedReader(self.keys), effects=self.applied,
            refreshing=self.applied, announcer=self.on.heard, watcher=Hints(), clock=self.on.clock,
        )  # fmt: skip

    async def arrives(self, *told: Mapping[str, Any], secret: str = SECRET) -> None:
        raw = [json.dumps(one).encode() for one in told]
        async with self.on.store.write() as unit:
            await unit.cloud.store_webhooks([(with_signature(one, sign(one, secret)), NOW) for one in raw])
            await unit.commit()

    async def told(self, *told: Mapping[str, Any], secret: str = SECRET) -> None:
        """It came, and was worked."""
        await self.arrives(*told, secret=secret)
        while await self.work.some():
            pass

    async def left(self) -> tuple[int, int]:
        """Bodies that wait, and that were set aside."""
        async with self.on.store.read() as unit:
            return len(await unit.cloud.webhooks(limit=1000)), await unit.cloud.webhooks_aside()

    async def sent(self, campaign: CampaignId) -> list[str]:
        """Everybody was written to; their keys."""
        async with self.on.store.write() as unit:
            claims, _ = await unit.delivery.claim(
                campaign, self.number, desk="d", owner="me", now=NOW, lease_until=NOW, limit=1000
            )
            await unit.commit()
        return [claim.key for claim in claims]

    async def states(self, campaign: CampaignId) -> list[RecipientState]:
        async with self.on.store.read() as unit:
            return [row.state for row in await unit.delivery.recipients(campaign, limit=1000)]

    async def consent(self, number: str = SHEENA) -> Consent | None:
        async with self.on.store.read() as unit:
            known = await unit.contacts.by_number(self.on.space, number)
        return None if known is None else known.consent

    async def cloud(self) -> CloudAccount:
        async with self.on.store.read() as unit:
            found = await unit.cloud.account(self.number)
        assert found is not None
        return found

    async def campaign(self, *, template: bool = False) -> CampaignId:
        async with self.on.store.write() as unit:
            id = await a_running_campaign(unit, self.on.space, self.on.ayse, self.number, self.people)
            if template:
                now = await unit.campaigns.any(id)
                await unit.campaigns.save(replace(now, template=CHOSEN), expected=now.version)
                await unit.cloud.save_templates(WABA, [SALE], at=NOW)
            await unit.commit()
        return id

    async def standing(self, id: CampaignId) -> tuple[CampaignState, PauseReason | None]:
        async with self.on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        return campaign.state, campaign.pause_reason

    @property
    def replies(self) -> list[ReplyReceived]:
        return [one for one in self.on.heard.events if isinstance(one, ReplyReceived)]


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with world(folder) as on:
        async with on.store.write() as unit:
            number = await a_cloud_account(unit, on.space, number="+15550783881")
            people = await a_list(unit, on.space, 3)
            await unit.commit()
        yield Office(on=on, number=number, people=people)


def receipt(word: str, key: str, **parts: Any) -> dict[str, Any]:
    return statuses(status(word, biz_opaque_callback_data=key, **parts))


def template_news(event: str) -> dict[str, Any]:
    return body(
        "message_template_status_update",
        {"event": event, "message_template_id": SALE.id, "message_template_name": SALE.name,
         "message_template_language": SALE.language, "reason": "NONE"},
    )  # fmt: skip
