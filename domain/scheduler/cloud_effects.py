"""What errors of the official channel ask for besides what becomes of the one message."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from domain.accounts.model import Account, Channel
from domain.campaigns.model import Campaign, PauseReason
from domain.campaigns.service import pause_all_of
from domain.contacts.forgetting import is_forgotten
from domain.contacts.model import AT_WHATSAPP
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.templates import TemplateStatus
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, Interrupted
from domain.kernel.unit import Store
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.cloud_people import stop_person
from domain.scheduler.events import Announcer, CampaignPaused, Watcher
from domain.scheduler.stopping import stop_account
from domain.scheduler.unit import Unit

#: How many times in a row somebody else may be first before it counts as a fault of ours.
_CONFLICTS_BORNE: Final = 5

#: What a refusal tells of where a template stands.
_STANDING: Final = {
    "template_paused": TemplateStatus.PAUSED,
    "template_disabled": TemplateStatus.DISABLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEffects:
    """Implements `domain.delivery.channel.ChannelEffects`; and `apply` for whoever is in a unit already.
    `pace` is the one that messages are sent by."""

    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher
    clock: Clock
    pace: CloudPace

    async def happened(self, event: ChannelEvent) -> None:
        """In a unit of its own where anything is to be kept."""
        if self._paces(event):
            return
        for _ in range(_CONFLICTS_BORNE):
            try:
                await self._in_a_unit(event)
                return
            except (Conflict, Interrupted):
                continue
        await self._in_a_unit(event)

    async def _in_a_unit(self, event: ChannelEvent) -> None:
        async with self.store.write() as unit:
            account = await unit.accounts.by_remote(Channel.CLOUD, event.remote)
            if account is not None:
                await self.apply(unit, account, event)
                await unit.commit()

    async def apply(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        """What an error asks for, inside the unit. The same event again changes nothing more."""
        if self._paces(event):
            return
        match event.effect:
            case Effect.REVOKE_CONSENT:
                await self._revoke(unit, account, event)
            case Effect.PAUSE_ACCOUNT:
                self._paused(
                    await stop_account(
                        unit, self.announcer, account, reason=event.reason, now=self.clock.now()
                    )
                )
            case Effect.TEMPLATE_FAULT:
                await self._stop_template(unit, account, event)

    def _paces(self, event: ChannelEvent) -> bool:
        """Effects that are only remembered; True when it was one of them."""
        now = self.clock.now()
        match event.effect:
            case Effect.NONE:
                pass
            case Effect.SLOW_DOWN:
                self.pace.slow_down(event.remote, now=now)
            case Effect.LIMIT_REACHED:
                self.pace.fill_up(event.remote, now=now)
            case Effect.PAIR_BACKOFF:
                if event.to is not None:
                    self.pace.person_refused(event.remote, event.to, now=now)
            case Effect.REVOKE_CONSENT | Effect.PAUSE_ACCOUNT | Effect.TEMPLATE_FAULT:
                return False
            case _:
                assert_never(event.effect)
        return True

    async def _revoke(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        """As good as their own word, from when it was told: a START that they wrote since holds. Of somebody
        whose number nobody knows here, or who was forgotten since they were sent to, nothing can be kept."""
        tried = None if event.key is None else await unit.delivery.tried(account.id, event.key)
        number = tried[1] if tried is not None else await self._number(unit, account, event)
        if number is not None and not is_forgotten(number):
            evidence = f"{AT_WHATSAPP}{event.reason}:{event.key or event.to}"
            await stop_person(unit, account, number, "", evidence, at=event.at or self.clock.now())

    async def _number(self, unit: Unit, account: Account, event: ChannelEvent) -> str | None:
        if event.to is None:
            return None
        name = event.to.removeprefix("+")
        known = await unit.cloud.numbers_of(account.id, wa_ids=[name], user_ids=[name])
        return known.get(name, event.to if event.to.startswith("+") else None)

    async def _stop_template(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        """Every running campaign of the account that uses it pauses, with a notice each."""
        cloud = await unit.cloud.account(account.id)
        for id in await self._templates(unit, account, event):
            paused = await pause_all_of(
                unit.campaigns, account.id, PauseReason.TEMPLATE, at=self.clock.now(), template=id
            )
            for campaign in paused:
                told = CampaignPaused(campaign=campaign, reason=PauseReason.TEMPLATE)
                await self.announcer.announce(unit, told)
            self._paused(paused)
            template = None if cloud is None else await unit.cloud.template(cloud.waba_id, id)
            if cloud is not None and template is not None and event.reason in _STANDING:
                stands = replace(template, status=_STANDING[event.reason])
                await unit.cloud.save_template(cloud.waba_id, stands)

    async def _templates(self, unit: Unit, account: Account, event: ChannelEvent) -> Sequence[str]:
        """By the try it was, which tells its language too; or else by its name."""
        tried = None if event.key is None else await unit.delivery.tried(account.id, event.key)
        if tried is not None:
            campaign = await unit.campaigns.any(tried[0])
            return [] if campaign.template is None else [campaign.template.id]
        running = await unit.campaigns.running_of(account.id)
        named = {one.template.id for one in running if one.template and one.template.name == event.template}
        return sorted(named)

    def _paused(self, campaigns: Sequence[Campaign]) -> None:
        for campaign in campaigns:
            self.watcher.campaign_changed(campaign.id, at_once=True)
