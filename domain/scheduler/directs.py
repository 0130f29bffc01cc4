"""Single messages: what they are sent as, and what becomes of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from domain.accounts.model import Account, Channel
from domain.campaigns.model import AudienceKind, Campaign
from domain.delivery.content import OutgoingMessage
from domain.delivery.direct_retry import pause_after
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import is_restriction
from domain.delivery.store import Direct, DirectState
from domain.kernel.clock import Clock
from domain.kernel.ids import ListId
from domain.kernel.unit import Store
from domain.pacing.channel_limits import in_service_window
from domain.scheduler.events import Announcer, DirectAnswered
from domain.scheduler.messages import filled
from domain.scheduler.recording import until_back, until_kept
from domain.scheduler.stopping import restrict
from domain.scheduler.unit import Unit

#: Free text outside the 24 hours in which WhatsApp lets a business answer.
WINDOW_CLOSED = Rejected("window_closed", can_retry=False)

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
        learn = partial(until_kept, lambda: self._learn(account, direct, outcome))
        await until_back(learn, self.clock)

    async def _learn(self, account: Account, direct: Direct, outcome: SendOutcome) -> None:
        """Refused for now it goes back into the queue; everything else is its end, in one transaction."""
        match outcome:
            case Accepted():
                state, reason = DirectState.SENT, None
            case Rejected(why, _, _):
                state, reason = DirectState.FAILED, why
            case Unknown(why):
                state, reason = DirectState.UNKNOWN, why
        now = self.clock.now()
        pause = pause_after(direct.purpose, outcome, tries=direct.tries)
        async with self.store.write() as unit:
            current = await unit.delivery.direct(direct.id)
            if current.key != direct.key:
                return  # kept already, by a transaction whose end was not heard of
            if pause is not None and await unit.delivery.put_back_direct(direct, due_at=now + pause):
                await unit.commit()
                return
            await unit.delivery.record_direct(direct.id, state, reason=reason)
            fresh = await unit.delivery.direct(direct.id)
            await self.announcer.announce(unit, DirectAnswered(direct=fresh))
            if is_restriction(outcome):
                await restrict(unit, self.announcer, account, [outcome], now)
            await unit.commit()

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
