"""A bakery with a number of the official channel, whose templates are known, without WhatsApp or a chat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.senders import Hints
from domain.campaigns.model import Campaign
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Rejected, SendOutcome
from domain.delivery.recipients import Tally
from domain.delivery.template_values import CampaignTemplate, TemplateMessage
from domain.delivery.templates import MessageTemplate
from domain.kernel.ids import CampaignId
from domain.operators.model import TERMS_VERSION
from domain.pacing.rules import Caps
from domain.scheduler.cloud_effects import CloudEffects
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.lines import LineOf, always_open
from domain.scheduler.slices import AccountSlices
from tests.fakes.cloud import CHOSEN, REMOTE, SALE, WABA, a_cloud_account
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    open_store,
)
from tests.unit.scheduler.world import Phones, World
from whatsapp.cloud.errors import ROWS

EFFECTS = {row.reason: row.effect for row in ROWS}


@dataclass
class Line(Phones):
    """Tells what an answer asks for before it returns it, as the real gateway does."""

    effects: CloudEffects | None = None

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        outcome = await super().send(message)
        effect = EFFECTS.get(outcome.reason, Effect.NONE) if isinstance(outcome, Rejected) else Effect.NONE
        if self.effects is not None and isinstance(outcome, Rejected) and effect is not Effect.NONE:
            template = message.template.name if isinstance(message, TemplateMessage) else None
            await self.effects.happened(
                ChannelEvent(
                    effect=effect, remote=REMOTE, code=1, reason=outcome.reason, key=message.key,
                    to=message.to, template=template,
                )
            )  # fmt: skip
        return outcome


@dataclass(kw_only=True)
class CloudWorld(World):
    """`account` is the official number."""

    pace: CloudPace = field(default_factory=CloudPace)

    def __post_init__(self) -> None:
        self.phones = Line(effects=self.effects)

    def slices(self, caps: Caps | None = None, line_of: LineOf = always_open) -> AccountSlices:
        return replace(super().slices(caps, line_of), pace=self.pace)

    @property
    def effects(self) -> CloudEffects:
        return CloudEffects(
            store=self.store, announcer=self.heard, watcher=Hints(), clock=self.clock, pace=self.pace
        )

    async def sending(
        self, people: int, *, template: CampaignTemplate | None = CHOSEN, first: int = 0, **changes: Any
    ) -> CampaignId:
        """A campaign under way to so many who agreed."""
        async with self.store.write() as unit:
            everybody = await a_list(unit, self.space, people, first=first, name=f"from {first}")
            id = await a_running_campaign(unit, self.space, self.ayse, self.account, everybody)
            campaign = await unit.campaigns.any(id)
            await unit.campaigns.save(
                replace(campaign, template=template, **changes), expected=campaign.version
            )
            await unit.commit()
        return id

    async def run(self) -> None:
        await self.slices().run(self.account)

    async def campaign(self, id: CampaignId) -> Campaign:
        async with self.store.read() as unit:
            return await unit.campaigns.any(id)

    async def tally(self, id: CampaignId) -> Tally:
        async with self.store.read() as unit:
            return await unit.delivery.tally(id)

    async def cloud(self) -> CloudAccount:
        async with self.store.read() as unit:
            cloud = await unit.cloud.account(self.account)
        assert cloud is not None
        return cloud

    async def change(self, **changes: Any) -> None:
        """WhatsApp describes the number otherwise."""
        async with self.store.write() as unit:
            cloud = await unit.cloud.account(self.account)
            assert cloud is not None
            await unit.cloud.save(replace(cloud, **changes))
            await unit.commit()

    async def template_is(self, **changes: Any) -> None:
        async with self.store.write() as unit:
            await unit.cloud.save_template(WABA, replace(SALE, **changes))
            await unit.commit()

    async def template(self) -> MessageTemplate:
        async with self.store.read() as unit:
            template = await unit.cloud.template(WABA, SALE.id)
        assert template is not None
        return template

    @property
    def numbers(self) -> list[str]:
        """Who was written to, in order."""
        return [message.to for message in self.phones.sent]


@asynccontextmanager
async def cloud_world(folder: Path) -> AsyncIterator[CloudWorld]:
    async with open_store(folder) as store:
        async with store.write() as unit:
            space = await a_workspace(unit)
            ayse = await a_member(unit, space)
            await unit.operators.accept_terms(ayse, version=TERMS_VERSION, at=NOW)
            account = await a_cloud_account(unit, space)
            await unit.cloud.save_templates(WABA, [SALE], at=NOW)
            await unit.commit()
        yield CloudWorld(store=store, space=space, ayse=ayse, account=account)
