"""What operators do with campaigns. One small class a verb; time is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.model import MINIMUM_GAP, AccountNotConnected, NoAccount
from domain.accounts.ports import AccountStore
from domain.campaigns import template
from domain.campaigns.model import (
    Audience,
    AudienceKind,
    Campaign,
    CampaignStep,
    Incomplete,
    NobodyToSendTo,
    OverTheCap,
    PauseReason,
    StartsInThePast,
)
from domain.campaigns.ports import CampaignStore
from domain.contacts.ports import ContactStore
from domain.delivery.content import Media
from domain.delivery.store import DeliveryStore
from domain.kernel.ids import AccountId, ListId, MemberId, WorkspaceId
from domain.pacing.rules import Caps, GapRefused, Pacing

#: Each part of a split is a campaign with a live message of its own; more would bury the chat.
MOST_PARTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaigns:
    """The stores that the verbs below stand on, all of one unit of work."""

    campaigns: CampaignStore
    delivery: DeliveryStore
    contacts: ContactStore
    accounts: AccountStore


async def create(
    on: Campaigns,
    workspace_id: WorkspaceId,
    by: MemberId,
    *,
    name: str,
    at: datetime,
    audience: Audience | None = None,
) -> Campaign:
    """A new draft on the workspace's default account (or its first)."""
    accounts = await on.accounts.of_workspace(workspace_id)
    account = next((a for a in accounts if a.is_default), accounts[0] if accounts else None)
    if account is None:
        raise NoAccount()
    id = await on.campaigns.create(
        workspace_id=workspace_id, created_by=by, name=name, account_id=account.id, at=at
    )
    campaign = await on.campaigns.campaign(workspace_id, id)
    if audience is None:
        return campaign
    return await on.campaigns.save(replace(campaign, audience=audience), expected=campaign.version)


async def known_fields(on: Campaigns, campaign: Campaign) -> Sequence[str]:
    """What may stand in a blank: `name`, `number` and the audience's own columns."""
    names = ["name", "number"]
    audience = campaign.audience
    if audience is None or audience.kind is AudienceKind.TAG:
        more = await on.contacts.field_names(campaign.workspace_id, tag=audience.ref if audience else None)
    elif audience.kind is AudienceKind.LIST:
        more = await on.contacts.field_names(campaign.workspace_id, list_id=ListId(int(audience.ref)))
    else:
        more = await on.contacts.field_names(campaign.workspace_id)
    return names + [name for name in more if template.field_key(name) not in names]


async def lacking(on: Campaigns, campaign: Campaign) -> Mapping[str, int]:
    """For each blank without a fallback, how many who could be sent to have no value for it (zero left out).

    Blanks are found whatever their case, as when they are filled; everybody has a number.
    """
    if campaign.audience is None:
        return {}
    columns = {template.field_key(name): name for name in await known_fields(on, campaign)}
    wanted = {
        columns.get(template.field_key(name), name): name for name in template.required_fields(campaign.text)
    }
    wanted.pop("number", None)
    missing = await on.campaigns.missing_fields(campaign.workspace_id, campaign.audience, list(wanted))
    return {wanted[column]: people for column, people in missing.items()}


async def edit(
    on: Campaigns, campaign: Campaign, *, expected: int, at: datetime, **changes: object
) -> Campaign:
    """Change a draft. Raises NotADraft or Conflict."""
    campaign.require_draft()
    changed = replace(campaign, changed_at=at, **changes)  # type: ignore[arg-type]
    return await on.campaigns.save(changed, expected=expected)


async def set_text(on: Campaigns, campaign: Campaign, text: str, *, expected: int, at: datetime) -> Campaign:
    """Raises UnknownField, TextTooLong or TextEmpty."""
    limit = template.LONGEST_CAPTION if campaign.media else template.LONGEST_TEXT
    template.check(text, await known_fields(on, campaign), limit=limit)
    return await edit(on, campaign, expected=expected, at=at, text=text)


async def set_media(
    on: Campaigns, campaign: Campaign, media: Media | None, *, expected: int, at: datetime
) -> Campaign:
    """With media the text becomes its caption and must be short enough for one."""
    if media is not None and len(campaign.text) > template.LONGEST_CAPTION:
        raise template.TextTooLong(length=len(campaign.text), limit=template.LONGEST_CAPTION)
    return await edit(on, campaign, expected=expected, at=at, media=media)


async def set_pacing(
    on: Campaigns, campaign: Campaign, pacing: Pacing, *, expected: int, at: datetime
) -> Campaign:
    """Raises GapRefused under the channel's own lowest gap."""
    if campaign.account_id is not None:
        account = await on.accounts.known(campaign.account_id)
        lowest = MINIMUM_GAP[account.channel] if account is not None else timedelta(0)
        if pacing.shortest < lowest:
            raise GapRefused(lowest=int(lowest.total_seconds()), highest=3600)
    return await edit(on, campaign, expected=expected, at=at, pacing=pacing)


async def _ready(on: Campaigns, campaign: Campaign) -> Audience:
    """Everything that must stand before sending; the audience, for the type checker's sake."""
    if campaign.missing or campaign.audience is None or campaign.account_id is None:
        raise Incomplete(missing=campaign.missing)
    account = await on.accounts.known(campaign.account_id)
    if account is None:
        raise Incomplete(missing="account")
    if not account.is_connected:
        raise AccountNotConnected(number=account.number, state=account.state.value)
    return campaign.audience


async def _startable(on: Campaigns, campaign: Campaign) -> Audience:
    """Ready, and every blank is one of the audience's: it may have been changed after the text was."""
    audience = await _ready(on, campaign)
    template.check_fields(campaign.text, await known_fields(on, campaign))
    return audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Freeze the audience and let it run.

    Over the cap the operator has to say how: `first_only` takes the first of them, `split` makes as many
    campaigns as are needed, frozen together so that nobody stands in two.
    """

    caps: Caps

    async def run(
        self,
        on: Campaigns,
        campaign: Campaign,
        *,
        expected: int,
        at: datetime,
        first_only: bool = False,
        split: bool = False,
    ) -> Sequence[Campaign]:
        audience = await _startable(on, campaign)
        count = await on.campaigns.count_audience(campaign.workspace_id, audience, cap=None)
        if count.included == 0:
            raise NobodyToSendTo(**count.excluded)
        cap = self.caps.a_campaign
        parts = -(-count.included // cap) if split else 1
        if (count.included > cap and not (first_only or split)) or parts > MOST_PARTS:
            raise OverTheCap(people=count.included, cap=cap)
        # The compare-and-set write comes first: of two operators who tap Start only one gets to freeze.
        name = f"{campaign.name} (1/{parts})" if parts > 1 else campaign.name
        running = await on.campaigns.save(
            replace(campaign.take(CampaignStep.START, at=at), name=name), expected=expected
        )
        more = [await self._part(on, campaign, n, parts, at) for n in range(2, parts + 1)]
        campaigns = [running, *more]
        await on.campaigns.freeze([c.id for c in campaigns], audience, cap=cap, at=at)
        return campaigns

    async def _part(self, on: Campaigns, first: Campaign, n: int, parts: int, at: datetime) -> Campaign:
        id = await on.campaigns.create(
            workspace_id=first.workspace_id, created_by=first.created_by, account_id=first.account_id,
            name=f"{first.name} ({n}/{parts})", at=at,
        )  # fmt: skip
        made = await on.campaigns.campaign(first.workspace_id, id)
        copy = replace(made, text=first.text, media=first.media, audience=first.audience, pacing=first.pacing)
        return await on.campaigns.save(copy.take(CampaignStep.START, at=at), expected=made.version)


async def schedule(
    on: Campaigns, campaign: Campaign, when: datetime, *, expected: int, at: datetime
) -> Campaign:
    """Start by itself at `when`."""
    await _startable(on, campaign)
    if when <= at:
        raise StartsInThePast()
    changed = replace(campaign.take(CampaignStep.SCHEDULE, at=at), scheduled_at=when)
    return await on.campaigns.save(changed, expected=expected)


async def unschedule(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> Campaign:
    changed = replace(campaign.take(CampaignStep.UNSCHEDULE, at=at), scheduled_at=None)
    return await on.campaigns.save(changed, expected=expected)


async def pause(
    on: Campaigns,
    campaign: Campaign,
    *,
    expected: int,
    at: datetime,
    reason: PauseReason = PauseReason.OPERATOR,
) -> Campaign:
    """Nothing new is claimed; what is on its way finishes."""
    return await on.campaigns.save(campaign.take(CampaignStep.PAUSE, at=at, reason=reason), expected=expected)


async def resume(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> Campaign:
    await _ready(on, campaign)
    return await on.campaigns.save(campaign.take(CampaignStep.RESUME, at=at), expected=expected)


async def cancel(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> tuple[Campaign, int]:
    """Returns the campaign and how many will not get it."""
    cancelled = await on.campaigns.save(campaign.take(CampaignStep.CANCEL, at=at), expected=expected)
    return cancelled, await on.delivery.cancel_waiting(campaign.id)


async def follow_up(
    on: Campaigns, earlier: Campaign, kind: AudienceKind, by: MemberId, *, at: datetime
) -> Campaign:
    """A draft to those of an ended campaign that failed or are unknown, with the same message."""
    draft = await create(
        on, earlier.workspace_id, by, name=earlier.name, at=at,
        audience=Audience(kind=kind, ref=str(earlier.id)),
    )  # fmt: skip
    return await on.campaigns.save(
        replace(draft, text=earlier.text, media=earlier.media, pacing=earlier.pacing), expected=draft.version
    )


async def repeat(on: Campaigns, earlier: Campaign, by: MemberId, *, at: datetime) -> Campaign:
    """A draft with the same message to the same list or tag, as it stands now."""
    audience = earlier.audience
    if audience is not None and audience.kind in {AudienceKind.FAILED_OF, AudienceKind.UNKNOWN_OF}:
        audience = None
    draft = await create(on, earlier.workspace_id, by, name=earlier.name, at=at, audience=audience)
    return await on.campaigns.save(
        replace(draft, text=earlier.text, media=earlier.media, pacing=earlier.pacing), expected=draft.version
    )


async def pause_all_of(
    on: CampaignStore, account_id: AccountId, reason: PauseReason, *, at: datetime
) -> Sequence[Campaign]:
    """Every running campaign of an account, at once (a restriction, an unlinked phone)."""
    paused = []
    for campaign in await on.running_of(account_id):
        step = campaign.take(CampaignStep.PAUSE, at=at, reason=reason)
        paused.append(await on.save(step, expected=campaign.version))
    return paused
