"""Starting a campaign: its people frozen, its points set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.campaigns.licence import may_send
from domain.campaigns.model import AudienceKind, Campaign, CampaignStep, NobodyToSendTo, OverTheCap
from domain.campaigns.service import Campaigns, left_out_since, startable
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from domain.wallet.model import NotEnoughPoints

#: Each part of a split is a campaign with a live message of its own; more would bury the chat.
MOST_PARTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Freeze the audience, set its points aside, and let it run.

    `price` is what each success will cost, whatever later campaigns cost. Over the cap the operator has to
    say how: `first_only` takes the first of them, `split` makes as many campaigns as are needed, frozen
    together so that nobody stands in two. With `most` no more than so many are sent to: the others are
    excluded as "no_points".
    """

    caps: Caps
    price: int = 0

    async def run(
        self,
        on: Campaigns,
        campaign: Campaign,
        *,
        expected: int,
        at: datetime,
        first_only: bool = False,
        split: bool = False,
        most: int | None = None,
    ) -> Sequence[Campaign]:
        await may_send(on, campaign.workspace_id, at)
        audience = await startable(on, campaign, at=at)
        off_since = await left_out_since(on, campaign, at=at)
        count = await on.campaigns.count_audience(
            campaign.workspace_id, audience, cap=None, off_since=off_since
        )
        people = count.included if most is None else min(most, count.included)
        if people == 0:
            raise NobodyToSendTo(**count.excluded)
        parts = self._parts(people, first_only, split)
        # The compare-and-set write comes first: of two operators who tap Start only one gets to freeze.
        name = f"{campaign.name} (1/{parts})" if parts > 1 else campaign.name
        running = await on.campaigns.save(
            replace(campaign.take(CampaignStep.START, at=at), name=name, price=self.price), expected=expected
        )
        more = [await self._part(on, campaign, n, parts, at) for n in range(2, parts + 1)]
        campaigns = [running, *more]
        frozen = await on.campaigns.freeze(
            [c.id for c in campaigns], audience, cap=self.caps.a_campaign, at=at, most=most,
            off_since=off_since,
        )  # fmt: skip
        if not sum(frozen):
            # Another follow-up of the same campaign was first, and this one waited for it.
            raise NobodyToSendTo()
        if audience.kind is AudienceKind.UNKNOWN_OF:
            # Followed up here, they are failed there: what was held for them pays for this.
            await on.wallet.settle([CampaignId(int(audience.ref))], at=at)
        await self._hold(on, campaigns, people=sum(frozen), at=at)
        return campaigns

    def _parts(self, people: int, first_only: bool, split: bool) -> int:
        cap = self.caps.a_campaign
        parts = -(-people // cap) if split else 1
        if (people > cap and not (first_only or split)) or parts > MOST_PARTS:
            raise OverTheCap(people=people, cap=cap)
        return parts

    async def _hold(self, on: Campaigns, campaigns: Sequence[Campaign], *, people: int, at: datetime) -> None:
        """All parts or none, and refused with what all of them need."""
        needs = people * self.price
        if needs == 0:
            return
        wallet = await on.wallet.wallet(campaigns[0].workspace_id, lock=True)
        if needs > wallet.available:
            raise NotEnoughPoints(needs=needs, available=wallet.available)
        for campaign in campaigns:
            await on.wallet.hold(campaign.id, price=self.price, at=at)

    async def _part(self, on: Campaigns, first: Campaign, n: int, parts: int, at: datetime) -> Campaign:
        id = await on.campaigns.create(
            workspace_id=first.workspace_id, created_by=first.created_by, account_id=first.account_id,
            name=f"{first.name} ({n}/{parts})", at=at,
        )  # fmt: skip
        made = await on.campaigns.campaign(first.workspace_id, id)
        copy = replace(
            made, text=first.text, media=first.media, template=first.template, audience=first.audience,
            pacing=first.pacing, price=self.price, heeds_hours=first.heeds_hours,
            by_their_clock=first.by_their_clock, footer=first.footer,
        )  # fmt: skip
        return await on.campaigns.save(copy.take(CampaignStep.START, at=at), expected=made.version)
