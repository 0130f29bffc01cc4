"""Single messages: test sends, and what becomes of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.accounts.model import Account, Channel
from domain.campaigns.model import AudienceKind, Campaign
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import NEWS_WAITING, is_restriction
from domain.delivery.store import Direct, DirectPurpose, DirectState
from domain.kernel.clock import Clock
from domain.kernel.ids import ListId
from domain.kernel.unit import Store
from domain.pacing.channel_limits import in_service_window
from domain.scheduler.events import Announcer, DirectAnswered
from domain.scheduler.messages import filled
from domain.scheduler.stopping import restrict
from domain.scheduler.unit import Unit

#: Free text outside the 24 hours in which WhatsApp lets a business answer.
WINDOW_CLOSED = Rejected("window_closed", can_retry=False)

#: An answer of our own that was held back because they wrote again is tried anew for so long.
TRIED_AGAIN_WITHIN: Final = timedelta(seconds=30)

Ask = Callable[[OutgoingMessage], Awaitable[SendOutcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDirect:
    store: Store[Unit]
    announcer: Announcer
    clock: Clock

    async def run(self, account: Account, direct: Direct, ask: Ask) -> None:
        """One that was claimed."""
        message = await self._message(account, direct)
        outcome = message if isinstance(message, Rejected) else await ask(message)
        match outcome:
            case Accepted():
                state, reason = DirectState.SENT, None
            case Rejected(why, _, _):
                state, reason = DirectState.FAILED, why
            case Unknown(why):
                state, reason = DirectState.UNKNOWN, why
        async with self.store.write() as unit:
            await unit.delivery.record_direct(direct.id, state, reason=reason)
            if outcome == Rejected(NEWS_WAITING, can_retry=True) and self._is_ours(direct):
                await _again(unit, direct)
            fresh = await unit.delivery.direct(direct.id)
            await self.announcer.announce(unit, DirectAnswered(direct=fresh))
            if is_restriction(outcome):
                await restrict(unit, self.announcer, account, [outcome], self.clock.now())
            await unit.commit()

    def _is_ours(self, direct: Direct) -> bool:
        """What MassSender wrote by itself just now: the person wrote once more before it could leave."""
        by_itself = direct.purpose in {DirectPurpose.AUTO, DirectPurpose.CONFIRM}
        return by_itself and self.clock.now() - direct.queued_at < TRIED_AGAIN_WITHIN

    async def _message(self, account: Account, direct: Direct) -> OutgoingMessage | Rejected:
        plain = OutgoingMessage(key=direct.key, to=direct.number, text=direct.text, media=direct.media)
        if account.channel is not Channel.CLOUD:
            return plain
        async with self.store.read() as unit:
            templated = await self._from_template(unit, account, direct)
            if templated is not None:
                return templated
            known = await unit.cloud.people(account.id, [direct.number])
            person = known.get(direct.number)
            wrote_at = None if person is None else person.wrote_at
            return plain if in_service_window(wrote_at, now=self.clock.now()) else WINDOW_CLOSED

    async def _from_template(
        self, unit: Unit, account: Account, direct: Direct
    ) -> OutgoingMessage | Rejected | None:
        """A test of a campaign that sends a template goes out as one."""
        campaign = None if direct.campaign_id is None else await unit.campaigns.any(direct.campaign_id)
        cloud = await unit.cloud.account(account.id)
        if campaign is None or campaign.template is None or cloud is None:
            return None
        template = await unit.cloud.template(cloud.waba_id, campaign.template.id)
        if template is None:
            return Rejected("template_missing", can_retry=False)
        fields = await _values_for(unit, campaign, direct)
        return filled(campaign, template, key=direct.key, to=direct.number, fields=fields)


async def _again(unit: Unit, direct: Direct) -> None:
    """The same under a key of its own, once what they wrote has been read. Nobody waits long for it."""
    await unit.delivery.queue_direct(
        workspace_id=direct.workspace_id, account_id=direct.account_id, member_id=None, chat_id=None,
        purpose=direct.purpose, number=direct.number, text=direct.text, media=direct.media,
        desk=await unit.operators.desk_id(), campaign_id=None, at=direct.queued_at,
        conversation_id=direct.conversation_id,
    )  # fmt: skip


async def _values_for(unit: Unit, campaign: Campaign, direct: Direct) -> Mapping[str, str]:
    """What is known of the person. Whoever tests is often no contact, and reads what one of the campaign's
    people would."""
    space, audience = direct.workspace_id, campaign.audience
    person = await unit.contacts.by_number(space, direct.number)
    if person is None and audience is not None and audience.kind is AudienceKind.LIST:
        some = await unit.contacts.samples(space, list_id=ListId(int(audience.ref)), limit=1)
        person = some[0] if some else None
    elif person is None and audience is not None and audience.kind is AudienceKind.TAG:
        some = await unit.contacts.samples(space, tag=audience.ref, limit=1)
        person = some[0] if some else None
    known = {} if person is None else {**person.attributes, "name": person.name}
    return {**known, "number": direct.number}
