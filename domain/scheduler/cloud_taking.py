"""plan + claim on the official channel: rate, people a day, templates, and the 24 hours for free text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.model import Account
from domain.campaigns.model import Campaign, CampaignStep, PauseReason
from domain.delivery.cloud_accounts import CloudAccount, KnownPerson
from domain.delivery.content import OutgoingMessage
from domain.delivery.faults import LIMIT_REACHED
from domain.delivery.ports import Rejected
from domain.delivery.recipients import Claim
from domain.delivery.store import Direct
from domain.delivery.templates import MessageTemplate, TemplateNotCarried, TemplateNotReady, TemplateStatus
from domain.kernel.ids import CampaignId
from domain.pacing.channel_limits import PeopleLimit, Quality, costs_room, in_service_window, rate_for
from domain.pacing.rules import DAY
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.directs import WINDOW_CLOSED
from domain.scheduler.events import CampaignPaused
from domain.scheduler.in_hours import in_hours
from domain.scheduler.messages import message_of
from domain.scheduler.recording import Answered
from domain.scheduler.taking import LONGEST_NAP, Taken, Taker
from domain.scheduler.unit import Unit

#: What holds when WhatsApp does not say: what a new number may.
UNTOLD: Final = PeopleLimit(people=250)

#: Nobody is claimed while a webhook waits to be worked that came before the sending began, or longer ago than
#: this: what it brings may be somebody's "stop".
MOST_BEHIND: Final = timedelta(seconds=30)
LOOK_AGAIN: Final = timedelta(milliseconds=100)

#: Why a test does not leave with a template that stands like this; of others "template_missing" is true.
_NOT_READY: Final = {
    TemplateStatus.PAUSED: "template_paused",
    TemplateStatus.DISABLED: "template_disabled",
    TemplateStatus.APPROVED: "template_red",
}

#: So many are claimed at once.
MOST_AT_ONCE: Final = 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Somebody who was claimed, and what they are sent."""

    campaign: Campaign
    claim: Claim
    message: OutgoingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTaken:
    """`ready` may leave; to those `refused` nothing is sent, for these reasons. `passed_over`: campaigns in
    which people were skipped. `ceiling`: messages a second the number may send; None when it may not."""

    ceiling: float | None = None
    campaign: Campaign | None = None
    ready: Sequence[Ready] = ()
    refused: Sequence[Answered] = ()
    direct: Direct | None = None
    wake_at: datetime | None = None
    passed_over: Sequence[CampaignId] = ()

    @property
    def is_empty(self) -> bool:
        return not self.ready and not self.refused and self.direct is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTaker:
    taker: Taker
    pace: CloudPace

    def _now(self) -> datetime:
        """The pace is told the time as it is, not as it was when the unit began: it has moved on since."""
        return self.taker.recorder.clock.now()

    async def take(
        self, unit: Unit, account: Account, *, held: int, ahead: float, began: datetime
    ) -> CloudTaken:
        """So many that, with the `held` that have not left yet, there is enough for `ahead` seconds. `began`:
        when this run of sending did."""
        now = self._now()
        fresh = await unit.accounts.account(account.id)
        cloud = await unit.cloud.account(account.id)
        if cloud is None:
            return CloudTaken()
        begun = await self.taker.begin(unit, fresh, now, may_send=True)
        if isinstance(begun, Taken):
            direct = begun.direct
            if direct is not None and (why := await self._why_not(unit, fresh, cloud, direct, now)):
                await self.taker.fail_direct(unit, direct, why)
                return CloudTaken(ceiling=cloud.ceiling, wake_at=now)
            return CloudTaken(ceiling=cloud.ceiling, direct=direct, wake_at=begun.wake_at)
        taken = await self._of_campaigns(unit, fresh, cloud, begun, held=held, ahead=ahead, began=began)
        if not taken.is_empty:
            return taken
        idle = Taken(wake_at=taken.wake_at, passed_over=taken.passed_over)
        other = await self.taker.or_auto(unit, fresh, idle, now)
        return replace(taken, direct=other.direct, wake_at=other.wake_at)

    async def _of_campaigns(
        self,
        unit: Unit,
        account: Account,
        cloud: CloudAccount,
        campaigns: Sequence[Campaign],
        *,
        held: int,
        ahead: float,
        began: datetime,
    ) -> CloudTaken:
        now = self._now()
        waits = await unit.cloud.waits_since()
        if waits is not None and waits < max(began, now - MOST_BEHIND):
            return CloudTaken(ceiling=cloud.ceiling, wake_at=now + LOOK_AGAIN)
        rate = self.pace.rate(account.remote, ceiling=cloud.ceiling, now=self._now())
        wanted = min(MOST_AT_ONCE, max(1, round(rate * ahead)) - held)
        if wanted <= 0:
            return CloudTaken(ceiling=cloud.ceiling, wake_at=now + timedelta(seconds=ahead / 2))
        return await self._claim(unit, account, cloud, campaigns, wanted, now)

    async def _why_not(
        self, unit: Unit, account: Account, cloud: CloudAccount, direct: Direct, now: datetime
    ) -> str | None:
        """Why a test of a template may not leave; None when it may, and then it takes room as anybody's
        message does."""
        campaign = None if direct.campaign_id is None else await unit.campaigns.any(direct.campaign_id)
        if campaign is None or campaign.template is None:
            return None
        template = await unit.cloud.template(cloud.waba_id, campaign.template.id)
        if template is None:
            return "template_missing"
        try:
            template.check_ready()
        except TemplateNotReady:
            return _NOT_READY.get(template.status, "template_missing")
        except TemplateNotCarried:
            return "template_changed"
        person = (await unit.cloud.people(account.id, [direct.number])).get(direct.number)
        if not _costs_room(person, now):
            return None
        room, _ = await self._room(unit, account, cloud, now)
        if room == 0:
            return LIMIT_REACHED
        await unit.cloud.count_people(account.id, [direct.number], at=now)
        return None

    async def _claim(
        self,
        unit: Unit,
        account: Account,
        cloud: CloudAccount,
        campaigns: Sequence[Campaign],
        wanted: int,
        now: datetime,
    ) -> CloudTaken:
        """From the first campaign that may send and has somebody due, in turn."""
        room, reopens_at = await self._room(unit, account, cloud, now)
        within = await in_hours(unit, account.id, campaigns, now)
        open_now, opens = within.open_of(campaigns)
        wake, passed_over = min(now + LONGEST_NAP, opens), []
        for campaign in open_now:
            template, limit = None, wanted
            if campaign.template is not None:
                template = await self._template(unit, cloud, campaign, now)
                if template is None:
                    continue
                if room is not None:
                    limit = min(limit, room)
                if limit == 0:
                    wake = min(wake, reopens_at)
                    continue
            limit, next_at = self._slower(campaign, template, cloud, limit)
            if limit == 0:
                wake = min(wake, next_at)
                continue
            their = within.opens_for(campaign)
            claims, skipped = await self.taker.claim_from(unit, account, campaign, limit, now, opens=their)
            if skipped:
                passed_over.append(campaign.id)
            if claims:
                known = await unit.cloud.people(account.id, [claim.number for claim in claims])
                ready, refused = _sorted_out(campaign, template, claims, known, now)
                await unit.cloud.count_people(account.id, _counting(ready, known, now), at=now)
                return CloudTaken(
                    ceiling=cloud.ceiling, campaign=campaign, ready=ready, refused=refused, wake_at=now,
                    passed_over=passed_over,
                )  # fmt: skip
            wake = min(wake, await self.taker.next_look(unit, campaign, skipped, now))
        return CloudTaken(ceiling=cloud.ceiling, wake_at=wake, passed_over=passed_over)

    async def _room(
        self, unit: Unit, account: Account, cloud: CloudAccount, now: datetime
    ) -> tuple[int | None, datetime]:
        """How many new people may be written to (None: no limit), and when there is room again."""
        full_until = self.pace.full_until(account.remote, now=now)
        if full_until is not None:
            return 0, full_until
        limit = cloud.people or UNTOLD
        usage = await unit.cloud.people_counted(account.id, since=now - DAY)
        return limit.room(usage, now=now), limit.reopens_at(usage, now=now)

    def _slower(
        self,
        campaign: Campaign,
        template: MessageTemplate | None,
        cloud: CloudAccount,
        limit: int,
    ) -> tuple[int, datetime]:
        """As the operator and the template's quality allow; the number's own rate is held where it leaves."""
        quality = Quality.UNKNOWN if template is None else template.quality
        rate = rate_for(min(campaign.pacing.rate, cloud.ceiling), quality)
        if rate >= cloud.ceiling:
            return limit, self._now()
        return self.pace.take_for(campaign.id, limit, rate=rate, now=self._now())

    async def _template(
        self, unit: Unit, cloud: CloudAccount, campaign: Campaign, now: datetime
    ) -> MessageTemplate | None:
        """As WhatsApp has it; one that may not be sent pauses the campaign, with a notice."""
        assert campaign.template is not None  # noqa: S101
        template = await unit.cloud.template(cloud.waba_id, campaign.template.id)
        if template is not None:
            try:
                template.check_ready()
                return template
            except (TemplateNotReady, TemplateNotCarried):
                pass
        step = campaign.take(CampaignStep.PAUSE, at=now, reason=PauseReason.TEMPLATE)
        paused = await unit.campaigns.save(step, expected=campaign.version)
        await self.taker.announcer.announce(
            unit, CampaignPaused(campaign=paused, reason=PauseReason.TEMPLATE)
        )
        self.taker.recorder.watcher.campaign_changed(campaign.id, at_once=True)
        return None


def _sorted_out(
    campaign: Campaign,
    template: MessageTemplate | None,
    claims: Sequence[Claim],
    known: Mapping[str, KnownPerson],
    now: datetime,
) -> tuple[list[Ready], list[Answered]]:
    """Who is sent what, and who nothing for which reason."""
    ready: list[Ready] = []
    refused: list[Answered] = []
    for claim in claims:
        if template is None and not _in_window(known.get(claim.number), now):
            refused.append((claim, WINDOW_CLOSED))
            continue
        message = message_of(campaign, claim, template)
        if isinstance(message, Rejected):
            refused.append((claim, message))
        else:
            ready.append(Ready(campaign=campaign, claim=claim, message=message))
    return ready, refused


def _in_window(person: KnownPerson | None, now: datetime) -> bool:
    return person is not None and in_service_window(person.wrote_at, now=now)


def _counting(ready: Sequence[Ready], known: Mapping[str, KnownPerson], now: datetime) -> list[str]:
    """Those who take one of the limit of people."""
    return [one.claim.number for one in ready if _costs_room(known.get(one.claim.number), now)]


def _costs_room(person: KnownPerson | None, now: datetime) -> bool:
    counted_at = None if person is None else person.counted_at
    return costs_room(counted_at, in_window=_in_window(person, now), now=now)
